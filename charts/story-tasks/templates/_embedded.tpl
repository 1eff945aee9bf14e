{{/* The development stand-ins: one Redis, one Supabase Lite. */}}

{{- define "story-tasks.redisName" -}}
{{- printf "%s-redis" (include "story-tasks.fullname" .) -}}
{{- end -}}

{{- define "story-tasks.supabaseName" -}}
{{- printf "%s-supabase" (include "story-tasks.fullname" .) -}}
{{- end -}}

{{/* The second image: the same repository and tag with a suffix, unless it has a name of its own. */}}
{{- define "story-tasks.supabaseImage" -}}
{{- $own := .Values.supabase.embedded.image -}}
{{- $image := dict "repository" ($own.repository | default .Values.image.repository) "digest" $own.digest -}}
{{- $tag := $own.tag | default (printf "%s-embedded" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- include "story-tasks.imageOf" (dict "image" $image "tag" $tag) -}}
{{- end -}}

{{/* How Supabase Lite is called: `serve`, or `migrate`, which applies what is missing of the migrations and ends. */}}
{{- define "story-tasks.supabaseArgs" -}}
[supabase/src/lite/main.ts, {{ . }}]
{{- end -}}

{{/*
A value made once: what the Secret has already stays, so that an upgrade changes nothing for those who know it. Takes root, name
(of the Secret), key, made.
*/}}
{{- define "story-tasks.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .name | default dict -}}
{{- $kept := get (get $secret "data" | default dict) .key -}}
{{- if $kept }}{{ $kept | b64dec }}{{ else }}{{ .made }}{{ end -}}
{{- end -}}

{{/* Takes the claim's name and the values of persistence. */}}
{{- define "story-tasks.dataVolume" -}}
{{- $persistence := index . 1 -}}
{{- if $persistence.enabled -}}
persistentVolumeClaim:
  claimName: {{ $persistence.existingClaim | default (index . 0) }}
{{- else -}}
emptyDir:
  sizeLimit: {{ $persistence.size }}
{{- end -}}
{{- end -}}

{{/* Takes root, component, values. */}}
{{- define "story-tasks.dataClaim" -}}
{{- $persistence := .values.persistence -}}
{{- if and $persistence.enabled (not $persistence.existingClaim) -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "story-tasks.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "story-tasks.labels" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with $persistence.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ $persistence.size }}
{{- end -}}
{{- end -}}
