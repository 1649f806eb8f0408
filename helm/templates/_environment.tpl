{{- /* The operator's settings, all of them as environment variables. */}}
{{- define "kelt.environment" -}}
- name: KELT_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: KELT_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: KELT_TASK_IMAGE
  value: {{ include "kelt.image" (list .Values.image.task .Chart.AppVersion) | quote }}
- name: KELT_TASK_IMAGE_PULL_POLICY
  value: {{ .Values.image.pullPolicy }}
- name: KELT_TASK_IMAGE_PULL_SECRETS
  value: {{ join "," .Values.image.pullSecrets | quote }}
- name: KELT_TASK_RESOURCES
  value: {{ toJson .Values.tasks.resources | quote }}
- name: KELT_TASK_PRIORITY_CLASS
  value: {{ .Values.tasks.priorityClassName | quote }}
- name: KELT_TASK_SERVICE_ACCOUNT
  value: {{ .Values.tasks.serviceAccountName | quote }}
- name: KELT_WATCH_NAMESPACES
  value: {{ join "," .Values.watchNamespaces | quote }}
- name: KELT_LOG_LEVEL
  value: {{ .Values.operator.logLevel }}
- name: KELT_METRICS_PORT
  value: {{ .Values.metrics.port | quote }}
- name: KELT_API_QPS
  value: {{ .Values.operator.apiQps | quote }}
- name: KELT_API_BURST
  value: {{ .Values.operator.apiBurst | quote }}
- name: KELT_JOB_TTL
  value: {{ .Values.operator.jobTtl | quote }}
- name: KELT_WORKERS
  value: {{ .Values.operator.workers | quote }}
{{- end }}
