{{/* Names and labels. */}}

{{/*
What every name begins with: the release's name. A name of Kubernetes may have 63 characters, and the longest suffix takes 21; two long
names that begin alike are told apart by a hash, and so are names with a dot, which a Service must not have.
*/}}
{{- define "story-tasks.fullname" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name -}}
{{- if or (gt (len $name) 40) (contains "." $name) -}}
{{- printf "%s-%s" ($name | replace "." "-" | trunc 31 | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* Name of a part. Takes root, component. */}}
{{- define "story-tasks.componentName" -}}
{{- printf "%s-%s" (include "story-tasks.fullname" .root) .component -}}
{{- end -}}

{{/* What tells the pods of a part from all others, for good: a Deployment's selector cannot be changed. Takes root, component. */}}
{{- define "story-tasks.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ include "story-tasks.instance" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The release's name as the value of a label, which may not be longer than the name of a release. */}}
{{- define "story-tasks.instance" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" | trimSuffix "." -}}
{{- end -}}

{{/* Labels of an object. Takes root, component. */}}
{{- define "story-tasks.labels" -}}
{{ include "story-tasks.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "story-tasks.serviceAccountName" -}}
{{- .values.serviceAccount.name | default (include "story-tasks.componentName" .) -}}
{{- end -}}

{{- define "story-tasks.operationsName" -}}
{{- printf "%s-operations" (include "story-tasks.fullname" .) -}}
{{- end -}}

{{/* The one Lease that the operators of this release contend for. */}}
{{- define "story-tasks.leaseName" -}}
{{- printf "%s-operator" (include "story-tasks.fullname" .) -}}
{{- end -}}

{{/* Rules of roles are cluster-wide names: no release of another namespace may have the same. */}}
{{- define "story-tasks.clusterName" -}}
{{- printf "story-tasks:%s:%s:tokenreviews" .Release.Namespace (include "story-tasks.fullname" .) -}}
{{- end -}}

{{/* Image of our processes. */}}
{{- define "story-tasks.image" -}}
{{- include "story-tasks.imageOf" (dict "image" .Values.image "tag" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- end -}}

{{/* A digest counts before a tag. Takes image, tag. */}}
{{- define "story-tasks.imageOf" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository .tag -}}
{{- end -}}
{{- end -}}
