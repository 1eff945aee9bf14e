{{/* Parts of NetworkPolicies. */}}

{{/* The policy of API, worker or operator. Takes root, component, ingress (rules besides), egress (rules besides). */}}
{{- define "story-tasks.networkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "story-tasks.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- with .ingress }}
    {{- . | nindent 4 }}
    {{- end }}
    # Monitoring reads the ops port.
    - from:
        {{- include "story-tasks.fromNamespaces" .root.Values.networkPolicy.monitoring.namespaces | nindent 8 }}
      ports:
        - { protocol: TCP, port: 9090 }
  egress:
    {{- include "story-tasks.dnsEgress" .root | nindent 4 }}
    {{- include "story-tasks.apiServerEgress" .root | nindent 4 }}
    {{- include "story-tasks.platformEgress" .root | nindent 4 }}
    {{- with .egress }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .root.Values.networkPolicy.egress.extra }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "story-tasks.fromNamespaces" -}}
- namespaceSelector:
    matchExpressions:
      - { key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }} }
{{- end -}}

{{- define "story-tasks.dnsEgress" -}}
{{- $dns := .Values.networkPolicy.dns -}}
# Names are resolved.
- to:
    - namespaceSelector:
        matchLabels: { kubernetes.io/metadata.name: {{ $dns.namespace }} }
      podSelector:
        matchLabels: {{ toJson $dns.podLabels }}
  ports:
    - { protocol: UDP, port: {{ $dns.port }} }
    - { protocol: TCP, port: {{ $dns.port }} }
{{- end -}}

{{- define "story-tasks.apiServerEgress" -}}
{{- $server := .Values.networkPolicy.apiServer -}}
# The settings of operations, and what else is asked of Kubernetes.
- to:
    - ipBlock: { cidr: {{ $server.cidr | quote }} }
  ports:
    - { protocol: TCP, port: {{ $server.port }} }
{{- end -}}

{{/* Redis and Supabase, of this release or outside. */}}
{{- define "story-tasks.platformEgress" -}}
{{- $egress := .Values.networkPolicy.egress -}}
{{- if .Values.redis.embedded.enabled }}
{{- include "story-tasks.podEgress" (dict "root" . "component" "redis" "port" 6379) }}
{{- else }}
{{- include "story-tasks.targetEgress" $egress.redis | trim }}
{{- end }}
{{- if .Values.supabase.embedded.enabled }}
{{- include "story-tasks.podEgress" (dict "root" . "component" "supabase" "port" 54321) | nindent 0 }}
{{- else }}
{{- include "story-tasks.targetEgress" $egress.supabase | trim | nindent 0 }}
{{- end }}
{{- end -}}

{{/* Takes root, component, port. */}}
{{- define "story-tasks.podEgress" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "story-tasks.selectorLabels" . | nindent 10 }}
  ports:
    - { protocol: TCP, port: {{ .port }} }
{{- end -}}

{{/* Takes a list of {cidr, ports}. */}}
{{- define "story-tasks.targetEgress" -}}
{{- range . }}
- to:
    - ipBlock: { cidr: {{ .cidr | quote }} }
  ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}
{{- end -}}

{{/* The policy of an embedded part: our three processes reach it, and it reaches nobody. Takes root, component, port. */}}
{{- define "story-tasks.embeddedNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "story-tasks.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: {{ .root.Chart.Name }}
              app.kubernetes.io/instance: {{ include "story-tasks.instance" .root }}
            matchExpressions:
              - { key: app.kubernetes.io/component, operator: In, values: [api, worker, operator] }
      ports:
        - { protocol: TCP, port: {{ .port }} }
  egress: []
{{- end -}}
