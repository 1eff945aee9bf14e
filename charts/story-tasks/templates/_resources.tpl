{{/* Objects that API, worker and operator have alike. Each takes root, component, values. */}}

{{/* Headless, and of pods that are not ready too: a pod that is in trouble is the one to look at. */}}
{{- define "story-tasks.metricsService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "story-tasks.componentName" . }}-metrics
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
    story-tasks/metrics: "true"
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "story-tasks.selectorLabels" . | nindent 4 }}
  ports:
    - name: ops
      port: 9090
      targetPort: ops
{{- end -}}

{{- define "story-tasks.serviceAccount" -}}
{{- if .values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "story-tasks.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
  {{- with .values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# The pods that need a token say so themselves.
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{/* Takes rules besides. */}}
{{- define "story-tasks.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
rules:
  # The live settings of operations: read at start, then watched.
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [{{ include "story-tasks.operationsName" .root }}]
    verbs: [list, watch]
  {{- with .rules }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "story-tasks.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "story-tasks.componentName" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "story-tasks.serviceAccountName" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{/* By maxUnavailable alone, which is never 0: a drain of a node always gets on, with one replica too. */}}
{{- define "story-tasks.podDisruptionBudget" -}}
{{- if .values.podDisruptionBudget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  # A pod that is not ready protects nothing.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "story-tasks.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}
