{{- define "noria.peers" -}}
{{- range . }}
{{- if .namespace }}
- to:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .namespace }}}}
{{- else if .cidr }}
- to:
  - ipBlock: {cidr: {{ .cidr | quote }}}
{{- end }}
{{- if .port }}
{{ if or .namespace .cidr }} {{ else }}-{{ end }} ports:
  - {protocol: TCP, port: {{ .port }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "noria.gateways" -}}
- namespaceSelector:
    matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values: [knative-serving, kourier-system, istio-system, contour-internal]
{{- end }}

{{- define "noria.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "noria.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "noria.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .root.Values.plain (eq .component "source") }}
  ingress: []
  {{- else }}
  ingress:
  - from:
    {{- include "noria.gateways" . | nindent 4 }}
  {{- end }}
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    - ipBlock: {cidr: 169.254.20.10/32}
    ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
  {{- if ne .component "source" }}
  {{- include "noria.peers" .root.Values.store.peers | indent 2 }}
  {{- end }}
  {{- if or .root.Values.plain (eq .component "source") }}
  {{- include "noria.peers" .root.Values.broker.peers | indent 2 }}
  {{- end }}
  {{- if and .function.network (eq .component "function") }}
  - ports:
    - {protocol: TCP}
  {{- end }}
  {{- if eq .component "source" }}
  - to:
    {{- include "noria.gateways" . | nindent 4 }}
  {{- end }}
{{- end }}
