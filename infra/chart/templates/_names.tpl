{{- define "noria.selector" -}}
app.kubernetes.io/name: {{ .function.name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "noria.labels" -}}
{{ include "noria.selector" . }}
app.kubernetes.io/part-of: {{ .function.pipeline }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "noria.name" -}}
{{ .function.name }}{{ if ne .component "function" }}-{{ .component }}{{ end }}
{{- end }}

{{- define "noria.metadata" -}}
name: {{ include "noria.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "noria.labels" . | nindent 2 }}
{{- end }}
