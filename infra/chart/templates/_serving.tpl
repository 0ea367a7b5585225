{{- define "noria.serving" }}
{{- $source := dict "root" .root "function" .function "component" "source" }}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  {{- include "noria.metadata" . | nindent 2 }}
    networking.knative.dev/visibility: cluster-local
spec:
  template:
    metadata:
      labels:
        {{- include "noria.labels" . | nindent 8 }}
      annotations:
        autoscaling.knative.dev/min-scale: {{ .function.least | quote }}
        autoscaling.knative.dev/max-scale: {{ .function.most | quote }}
        noria/fdl: {{ .function.digest | quote }}
    spec:
      containerConcurrency: {{ .function.atOnce }}
      timeoutSeconds: {{ .function.seconds }}
      responseStartTimeoutSeconds: {{ .function.seconds }}
      {{- include "noria.pod" . | nindent 6 }}
{{- if .root.Values.eventing }}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  {{- include "noria.metadata" . | nindent 2 }}
spec:
  broker: {{ .root.Values.eventing | quote }}
  filters:
  - any:
    {{- range .function.inputs }}
    {{- if .prefix }}
    {{- $folder := printf "%s/" .prefix }}
    - all:
      - suffix: {source: {{ printf ".%s" .bucket | quote }}}
      - any:
        - prefix: {subject: {{ $folder | quote }}}
        - prefix: {subject: {{ $folder | replace "/" "%2F" | quote }}}
    {{- else }}
    - suffix: {source: {{ printf ".%s" .bucket | quote }}}
    {{- end }}
    {{- end }}
  subscriber:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: {{ .function.name }}}
  delivery: {retry: 10, backoffPolicy: exponential, backoffDelay: PT5S}
{{- else }}
---
{{ include "noria.policy" $source }}
---
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata:
  {{- include "noria.metadata" $source | nindent 2 }}
spec:
  subject: {apiVersion: apps/v1, kind: Deployment, name: {{ .function.name }}-source}
  sink:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: {{ .function.name }}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "noria.metadata" $source | nindent 2 }}
spec:
  replicas: 1
  selector:
    matchLabels:
      {{- include "noria.selector" $source | nindent 6 }}
  template:
    {{- include "noria.template" $source | nindent 4 }}
{{- end }}
{{- end }}
