{{/* What KEDA and an HPA have in common. */}}

{{/* Up at once, down as the operator would. */}}
{{- define "story-tasks.scalingBehavior" -}}
{{- $scaling := .Values.worker.autoscaling -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - { type: Pods, value: {{ $scaling.maxReplicas }}, periodSeconds: 15 }
scaleDown:
  stabilizationWindowSeconds: {{ $scaling.scaleDown.stabilizationSeconds }}
  policies:
    - { type: Pods, value: {{ $scaling.scaleDown.maxPods }}, periodSeconds: {{ $scaling.scaleDown.periodSeconds }} }
{{- end -}}

{{/* All lanes, those too that the values say nothing of. */}}
{{- define "story-tasks.operationNames" -}}
RUN_WORKFLOW_TASK REGENERATE_CONSTITUTION BUILD_PLAYER_BUNDLE
{{- end -}}

{{/* Jobs that want a worker now, or have one. */}}
{{- define "story-tasks.demandStates" -}}
waiting prioritized delayed_due active
{{- end -}}

{{/*
Jobs of one operation that want a worker: those of this release's operators alone, each state told once however many operators
tell it, and no more than may run at once. Takes root, operation, settings.
*/}}
{{- define "story-tasks.demandQuery" -}}
{{- $states := include "story-tasks.demandStates" . | splitList " " | join "|" -}}
{{- $pods := printf "%s-.+" (include "story-tasks.componentName" (dict "root" .root "component" "operator")) -}}
{{- $series := printf "story_tasks_queue_jobs{namespace=%q,pod=~%q,operation=%q,state=~%q}" .root.Release.Namespace $pods .operation $states -}}
{{- $jobs := printf "sum(max by (operation, state) (%s))" $series -}}
{{- if .settings.globalConcurrency -}}
{{- printf "clamp_max(%s, %d)" $jobs (int .settings.globalConcurrency) -}}
{{- else -}}
{{- $jobs -}}
{{- end -}}
{{- end -}}
