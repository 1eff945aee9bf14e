{{/* Takes root, labels. Ours stay what they are. */}}
{{- define "story-tasks.monitoringLabels" -}}
{{- $ours := include "story-tasks.labels" (dict "root" .root "component" "monitoring") | fromYaml -}}
{{- merge $ours .labels | toYaml -}}
{{- end -}}
