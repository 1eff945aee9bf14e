{{/* The environment of our processes: docs/configuration.md says what each variable means. */}}

{{/* Of API, worker and operator. Takes root, component, values. */}}
{{- define "story-tasks.commonEnv" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: LOG_LEVEL
  value: {{ .root.Values.logLevel }}
- name: OPERATIONS_CONFIGMAP
  value: {{ include "story-tasks.operationsName" .root }}
{{- with .root.Values.tracing.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{ include "story-tasks.redisEnv" .root }}
{{ include "story-tasks.supabaseEnv" .root }}
{{- end -}}

{{/* An embedded Redis has a password of its own, which stands before REDIS_URL so that Kubernetes can put it in. */}}
{{- define "story-tasks.redisEnv" -}}
{{- if .Values.redis.embedded.enabled -}}
- name: REDIS_PASSWORD
  {{- include "story-tasks.secretRef" (list (include "story-tasks.redisName" .) "password") | nindent 2 }}
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "story-tasks.redisName" . }}:6379
{{- else if .Values.redis.external.existingSecret -}}
- name: REDIS_URL
  {{- include "story-tasks.secretRef" (list .Values.redis.external.existingSecret .Values.redis.external.urlKey) | nindent 2 }}
{{- else -}}
- name: REDIS_URL
  value: {{ .Values.redis.external.url | quote }}
{{- end -}}
{{- end -}}

{{- define "story-tasks.supabaseEnv" -}}
- name: SUPABASE_URL
  value: {{ include "story-tasks.supabaseUrl" . | quote }}
- name: SUPABASE_SECRET_KEY
{{- if .Values.supabase.embedded.enabled }}
  {{- include "story-tasks.secretRef" (list (include "story-tasks.supabaseName" .) "secret-key") | nindent 2 }}
{{- else }}
  {{- include "story-tasks.secretRef" (list .Values.supabase.external.existingSecret .Values.supabase.external.secretKeyKey) | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "story-tasks.supabaseUrl" -}}
{{- if .Values.supabase.embedded.enabled -}}
{{- printf "http://%s:54321" (include "story-tasks.supabaseName" .) -}}
{{- else -}}
{{- .Values.supabase.external.url -}}
{{- end -}}
{{- end -}}

{{/* Who may call the API. */}}
{{- define "story-tasks.authEnv" -}}
- name: AUTH_MODE
  value: {{ .Values.auth.mode }}
{{- if eq .Values.auth.mode "serviceAccount" }}
- name: AUTH_ALLOWED_SERVICE_ACCOUNTS
  value: {{ .Values.auth.serviceAccount.allowed | default (list (printf "%s/*" .Release.Namespace)) | join "," | quote }}
{{- else if eq .Values.auth.mode "supabase" }}
{{- with .Values.auth.supabase.jwksUrl }}
- name: AUTH_JWKS_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.auth.supabase.existingSecret }}
- name: AUTH_JWT_SECRET
  {{- include "story-tasks.secretRef" (list .Values.auth.supabase.existingSecret .Values.auth.supabase.jwtSecretKey) | nindent 2 }}
{{- else if and .Values.supabase.embedded.enabled (not .Values.auth.supabase.jwksUrl) }}
- name: AUTH_JWT_SECRET
  {{- include "story-tasks.secretRef" (list (include "story-tasks.supabaseName" .) "jwt-secret") | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The language model: what a worker alone may know. */}}
{{- define "story-tasks.llmEnv" -}}
- name: LLM_PROVIDER
  value: {{ .provider }}
{{- with .model }}
- name: LLM_MODEL
  value: {{ . | quote }}
{{- end }}
{{- with .baseUrl }}
- name: LLM_BASE_URL
  value: {{ . | quote }}
{{- end }}
{{- if and .existingSecret (ne .provider "offline") }}
- name: {{ eq .provider "gemini" | ternary "GEMINI_API_KEY" "LLM_API_KEY" }}
  {{- include "story-tasks.secretRef" (list .existingSecret .apiKeyKey) | nindent 2 }}
{{- end }}
- name: LLM_TIMEOUT_SECONDS
  value: {{ .timeoutSeconds | quote }}
- name: LLM_STREAM
  value: {{ .stream | quote }}
{{- if eq .provider "offline" }}
- name: OFFLINE_LATENCY_MS
  value: {{ .offlineLatencyMs | quote }}
{{- end }}
{{- end -}}

{{/* Who sizes the workers. KEDA and an HPA are another to the operator, which then keeps the pods' deletion costs current. */}}
{{- define "story-tasks.autoscalerEnv" -}}
{{- $scaling := .Values.worker.autoscaling -}}
- name: AUTOSCALING_MODE
  value: {{ has $scaling.mode (list "keda" "hpa") | ternary "external" $scaling.mode }}
{{- if ne $scaling.mode "none" }}
- name: WORKER_DEPLOYMENT
  value: {{ include "story-tasks.componentName" (dict "root" . "component" "worker") }}
{{- end }}
{{- if eq $scaling.mode "operator" }}
- name: MIN_REPLICAS
  value: {{ $scaling.minReplicas | quote }}
- name: MAX_REPLICAS
  value: {{ $scaling.maxReplicas | quote }}
- name: SCALE_DOWN_STABILIZATION_SECONDS
  value: {{ $scaling.scaleDown.stabilizationSeconds | quote }}
- name: SCALE_DOWN_MAX_PODS
  value: {{ $scaling.scaleDown.maxPods | quote }}
- name: SCALE_DOWN_PERIOD_SECONDS
  value: {{ $scaling.scaleDown.periodSeconds | quote }}
{{- end }}
{{- end -}}

{{/* Takes the Secret's name and the key in it. */}}
{{- define "story-tasks.secretRef" -}}
valueFrom: { secretKeyRef: { name: {{ index . 0 | quote }}, key: {{ index . 1 | quote }} } }
{{- end -}}
