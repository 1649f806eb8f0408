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
- name: KELT_POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: KELT_REPORT_ENABLED
  value: {{ .Values.reportChannel.enabled | quote }}
- name: KELT_REPORT_PORT
  value: {{ .Values.reportChannel.port | quote }}
- name: KELT_REPORT_SERVICE
  value: {{ include "kelt.fullname" . }}-report
- name: KELT_TASK_IMAGE
  value: {{ include "kelt.image" (list .Values.image.task .Chart.AppVersion) | quote }}
- name: KELT_TASK_IMAGE_PULL_POLICY
  value: {{ .Values.image.pullPolicy }}
- name: KELT_TASK_IMAGE_PULL_SECRETS
  value: {{ join "," .Values.image.pullSecrets | quote }}
- name: KELT_TASK_RESOURCES
  value: {{ toJson .Values.tasks.resources | quote }}
- name: KELT_TASK_POD
  value: {{ toJson .Values.tasks.pod | quote }}
- name: KELT_TASK_NETWORK_ALLOWED
  value: {{ join "," .Values.tasks.network.allowed | quote }}
- name: KELT_TASK_NETWORK_FORBIDDEN
  value: {{ join "," .Values.tasks.network.forbidden | quote }}
- name: KELT_TASK_HUB_URL
  value: {{ .Values.tasks.packages.hubUrl | quote }}
- name: KELT_POD_CHECK
  value: {{ .Values.tasks.podCheck }}
- name: KELT_SEAL_KEY_FILE
  value: /etc/kelt/seal/key
- name: KELT_WATCH_NAMESPACES
  value: {{ join "," .Values.watchNamespaces | quote }}
- name: KELT_LOG_LEVEL
  value: {{ .Values.operator.logLevel }}
- name: KELT_METRICS_PORT
  value: {{ .Values.metrics.port | quote }}
- name: KELT_METRICS_PIPELINES
  value: {{ .Values.metrics.pipelines | quote }}
- name: KELT_API_QPS
  value: {{ .Values.operator.apiQps | quote }}
- name: KELT_API_BURST
  value: {{ .Values.operator.apiBurst | quote }}
- name: KELT_API_NAMESPACE_QPS
  value: {{ .Values.operator.apiNamespaceQps | quote }}
- name: KELT_API_NAMESPACE_BURST
  value: {{ .Values.operator.apiNamespaceBurst | quote }}
- name: KELT_NAMESPACE_NODES
  value: {{ .Values.operator.namespaceNodes | quote }}
- name: KELT_JOB_TTL
  value: {{ .Values.operator.jobTtl | quote }}
- name: KELT_WORKERS
  value: {{ .Values.operator.workers | quote }}
{{- end }}
