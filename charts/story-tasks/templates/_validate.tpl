{{/*
Values that contradict each other, told all at once, each in a sentence that says what to set. What a single value may be, the
schema says.
*/}}
{{- define "story-tasks.validate" -}}
{{- $checks := list "names" "redis" "supabase" "auth" "llm" "autoscaling" "processes" "networkPolicy" "monitoring" -}}
{{- $mistakes := list -}}
{{- range $checks -}}
{{- $told := include (printf "story-tasks.mistakes.%s" .) $ | trim -}}
{{- range compact (splitList "\n" $told) -}}
{{- $mistakes = append $mistakes (trim .) -}}
{{- end -}}
{{- end -}}
{{- if $mistakes -}}
{{- fail (printf "\n\nThese values do not go together:\n  - %s\n" (join "\n  - " $mistakes)) -}}
{{- end -}}
{{- end -}}

{{/* Each of the following writes one sentence a line, or nothing. */}}

{{- define "story-tasks.mistakes.names" -}}
{{- if not (regexMatch "^[a-z]" (include "story-tasks.fullname" .)) }}
The name of a Service begins with a letter, and {{ .Release.Name }} does not: set fullnameOverride to a name that does.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.redis" -}}
{{- $external := .Values.redis.external -}}
{{- if .Values.redis.embedded.enabled }}
{{- if or $external.url $external.existingSecret }}
redis.external is set and so is redis.embedded.enabled: set redis.embedded.enabled=false to use the external Redis.
{{- end }}
{{- else if and $external.url $external.existingSecret }}
redis.external.url and redis.external.existingSecret are both set: keep existingSecret where the URL has a password, else url.
{{- else if not (or $external.url $external.existingSecret) }}
There is no Redis: set redis.external.url, or redis.external.existingSecret, or redis.embedded.enabled=true for development.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.supabase" -}}
{{- $external := .Values.supabase.external -}}
{{- $migrations := .Values.supabase.migrations -}}
{{- if .Values.supabase.embedded.enabled }}
{{- if or $external.url $external.existingSecret $migrations.existingSecret }}
supabase.external or supabase.migrations.existingSecret is set and so is supabase.embedded.enabled: set supabase.embedded.enabled=false to use the external project.
{{- end }}
{{- else }}
{{- if not $external.url }}
There is no Supabase project: set supabase.external.url, or supabase.embedded.enabled=true for development.
{{- end }}
{{- if not $external.existingSecret }}
An external Supabase project needs its secret key: set supabase.external.existingSecret to a Secret that has it under {{ $external.secretKeyKey }}.
{{- end }}
{{- if and (eq $migrations.mode "job") (not $migrations.existingSecret) }}
The migrations' Job needs the database: set supabase.migrations.existingSecret to a Secret with its URL under {{ $migrations.databaseUrlKey }}, or supabase.migrations.mode=none to migrate yourself.
{{- end }}
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.auth" -}}
{{- if eq .Values.auth.mode "none" }}
{{- if not (or .Values.networkPolicy.enabled .Values.auth.allowUnauthenticated) }}
auth.mode is none and nothing keeps anybody from the API: set networkPolicy.enabled=true, or another auth.mode, or auth.allowUnauthenticated=true if everybody in the cluster may create and cancel tasks.
{{- end }}
{{- end }}
{{- if and (eq .Values.auth.mode "supabase") .Values.auth.supabase.jwksUrl .Values.auth.supabase.existingSecret }}
auth.supabase.jwksUrl and auth.supabase.existingSecret are both set: JWTs are checked by published keys or by a secret, so empty one of them.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.llm" -}}
{{- $llm := .Values.llm -}}
{{- if eq $llm.provider "offline" }}
{{- if or $llm.model $llm.baseUrl $llm.existingSecret }}
llm has a model, a baseUrl or an existingSecret, which the provider offline does not use: set llm.provider to gemini or openai-compatible, or empty them.
{{- end }}
{{- else if eq $llm.provider "gemini" }}
{{- if not $llm.existingSecret }}
llm.provider gemini needs an API key: set llm.existingSecret to a Secret that has it under {{ $llm.apiKeyKey }}.
{{- end }}
{{- else if not (and $llm.model $llm.baseUrl) }}
llm.provider openai-compatible needs to know what to ask, and where: set llm.model and llm.baseUrl.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.autoscaling" -}}
{{- $scaling := .Values.worker.autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
worker.autoscaling.minReplicas ({{ $scaling.minReplicas }}) is above maxReplicas ({{ $scaling.maxReplicas }}): raise maxReplicas or lower minReplicas.
{{- end }}
{{- if and (eq $scaling.mode "hpa") (eq (int $scaling.minReplicas) 0) }}
A HorizontalPodAutoscaler does not scale to zero: set worker.autoscaling.minReplicas to 1 or more, or mode to operator or keda.
{{- end }}
{{- $silent := list -}}
{{- range include "story-tasks.operationNames" . | splitList " " }}
{{- if not (get ($.Values.operations | default dict) . | default dict).concurrency }}
{{- $silent = append $silent . -}}
{{- end }}
{{- end }}
{{- if and (ne (int .Values.worker.concurrency) 1) (not $silent) }}
worker.concurrency ({{ .Values.worker.concurrency }}) counts where operations says nothing, and each operation says its own: set operations.<name>.concurrency, or that to null.
{{- end }}
{{- if and (eq $scaling.mode "keda") (not $scaling.keda.serverAddress) }}
KEDA asks a Prometheus for the queue: set worker.autoscaling.keda.serverAddress, as in http://prometheus.monitoring:9090.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.processes" -}}
{{- $api := .Values.api -}}
{{- $apiEnd := add (int $api.preStopSeconds) (int $api.lingerSeconds) 10 }}
{{- if lt (int $api.terminationGracePeriodSeconds) (int $apiEnd) }}
api.terminationGracePeriodSeconds ({{ $api.terminationGracePeriodSeconds }}) is too short for preStopSeconds, lingerSeconds and 10 seconds for requests under way: set it to {{ $apiEnd }} or more.
{{- end }}
{{- range list "api" "worker" "operator" }}
{{- $account := (get $.Values .).serviceAccount }}
{{- if not (or $account.create $account.name) }}
{{ . }}.serviceAccount.create is false: set {{ . }}.serviceAccount.name to the ServiceAccount that the pods shall have.
{{- end }}
{{- end }}
{{- if and (hasPrefix "dir:" .Values.bundleStore) (not (and .Values.api.extraVolumeMounts .Values.worker.extraVolumeMounts)) }}
bundleStore is a folder, and the pods have none in common: mount one volume there by extraVolumes and extraVolumeMounts of api and worker, or set bundleStore to supabase:<bucket>.
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled }}
{{- $egress := .Values.networkPolicy.egress -}}
{{- if not .Values.networkPolicy.apiServer.cidr }}
With NetworkPolicies the pods must be let to the API server: set networkPolicy.apiServer.cidr and port to what `kubectl get endpointslices -n default` shows, as 10.0.0.1/32 and 6443.
{{- end }}
{{- if and (ne .Values.llm.provider "offline") (not (or $egress.llm $egress.extra)) }}
With NetworkPolicies the workers must be let to the language model: set networkPolicy.egress.llm.
{{- end }}
{{- $keys := .Values.auth.supabase.jwksUrl -}}
{{- if and (eq .Values.auth.mode "supabase") $keys (not (or $egress.jwks $egress.extra)) }}
{{- if ne (urlParse $keys).host (urlParse .Values.supabase.external.url).host }}
With NetworkPolicies the API must be let to the keys at auth.supabase.jwksUrl, which are not at the project's host: set networkPolicy.egress.jwks.
{{- end }}
{{- end }}
{{- if not (or .Values.redis.embedded.enabled $egress.redis $egress.extra) }}
With NetworkPolicies the pods must be let to the external Redis: set networkPolicy.egress.redis.
{{- end }}
{{- if not .Values.supabase.embedded.enabled }}
{{- if not (or $egress.supabase $egress.extra) }}
With NetworkPolicies the pods must be let to the Supabase project: set networkPolicy.egress.supabase.
{{- end }}
{{- if and (eq .Values.supabase.migrations.mode "job") (not $egress.database) }}
With NetworkPolicies the migrations must be let to the database: set networkPolicy.egress.database.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "story-tasks.mistakes.monitoring" -}}
{{- if and .Values.monitoring.serviceMonitor.enabled .Values.monitoring.podMonitor.enabled }}
monitoring.serviceMonitor and monitoring.podMonitor would scrape each pod twice: enable one of them.
{{- end }}
{{- end -}}
