{{/* The migrations' Job and what it needs are hooks: they are there before anything else of the release is. */}}

{{/* Not empty when there is a Job. */}}
{{- define "story-tasks.migrationsJob" -}}
{{- if and (not .Values.supabase.embedded.enabled) (eq .Values.supabase.migrations.mode "job") -}}
yes
{{- end -}}
{{- end -}}

{{/* A Job that failed stays for its log to be read, until the next try. Takes the weight. */}}
{{- define "story-tasks.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
