{{/* What pods have in common. All pass the Pod Security level `restricted`. */}}

{{/* Takes the uid. */}}
{{- define "story-tasks.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "story-tasks.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What is given besides does not change what a pod is found by, or scraped by. Takes root, component, values. */}}
{{- define "story-tasks.podMetadata" -}}
{{- $labels := include "story-tasks.selectorLabels" . | fromYaml -}}
{{- $annotations := dict -}}
{{- if .root.Values.monitoring.scrapeAnnotations -}}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" "9090" "prometheus.io/path" "/metrics" -}}
{{- end -}}
labels:
  {{- merge $labels .values.podLabels | toYaml | nindent 2 }}
{{- with merge $annotations .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where pods go, and what they may be pushed aside by. Takes root, component, values. */}}
{{- define "story-tasks.scheduling" -}}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Pods of a part lie apart, where there is room. Takes root, component, values. */}}
{{- define "story-tasks.topologySpread" -}}
{{- if .values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range .values.topologySpread.keys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $.values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "story-tasks.selectorLabels" $ | nindent 8 }}
    # While they are rolled, the new ones lie apart from each other.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end -}}

{{/* The top of the pod of one of our three processes. Takes root, component, values. */}}
{{- define "story-tasks.processPod" -}}
serviceAccountName: {{ include "story-tasks.serviceAccountName" . }}
# Each of them reads the operations ConfigMap.
automountServiceAccountToken: true
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
securityContext:
  {{- include "story-tasks.podSecurityContext" 65532 | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (include "story-tasks.scheduling" . | trim) }}
{{ . }}
{{- end }}
{{- with (include "story-tasks.topologySpread" . | trim) }}
{{ . }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- with .values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The end of the container of one of our three processes. Takes root, component, values. */}}
{{- define "story-tasks.processContainer" -}}
image: {{ include "story-tasks.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .component }}/src/main.ts]
securityContext:
  {{- include "story-tasks.containerSecurityContext" . | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "story-tasks.probes" . | nindent 0 }}
{{- end -}}

{{/*
Whoever waits for its store or its Redis is alive, and not ready: it is not restarted for what it cannot mend. A process that does
not answer for half a minute is.
*/}}
{{- define "story-tasks.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end -}}
