{{- /* The keys that a component may read: the store's, the broker's, and the function's own secrets. */ -}}
{{- define "noria.keys" -}}
{{- $store := list "NORIA_STORE_ACCESS_KEY" "NORIA_STORE_SECRET_KEY" -}}
{{- $broker := list "NORIA_NATS_USER" "NORIA_NATS_PASSWORD" -}}
{{- if eq .component "source" -}}
{{ toJson $broker }}
{{- else if .root.Values.plain -}}
{{ toJson (concat $store $broker (.function.secrets | default list)) }}
{{- else -}}
{{ toJson (concat $store (.function.secrets | default list)) }}
{{- end -}}
{{- end }}

{{- define "noria.security" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsGroup: 10001
runAsNonRoot: true
runAsUser: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "noria.environment" -}}
{{- $values := .root.Values -}}
{{- with $values.store.url }}
- {name: NORIA_STORE_URL, value: {{ . | quote }}}
{{- end }}
{{- if and $values.authorities $values.store.encrypted }}
- {name: NORIA_STORE_CA, value: /etc/noria/fdl/ca.crt}
{{- end }}
- {name: NORIA_STORE_REGION, value: {{ $values.store.region | quote }}}
- {name: NORIA_LEDGER, value: {{ $values.ledger | quote }}}
- {name: NORIA_WORK, value: /tmp}
{{- if or $values.plain (eq .component "source") }}
- {name: NORIA_NATS_URL, value: {{ $values.broker.url | quote }}}
- {name: NORIA_STREAM, value: {{ $values.broker.stream | quote }}}
{{- if and $values.authorities $values.broker.encrypted }}
- {name: NORIA_NATS_CA, value: /etc/noria/fdl/ca.crt}
{{- end }}
{{- end }}
{{- if eq .component "source" }}
- {name: NORIA_CONCURRENCY, value: {{ mul .function.most .function.atOnce | quote }}}
{{- else if $values.plain }}
- {name: NORIA_METRICS, value: "0.0.0.0:9464"}
{{- else }}
- {name: NORIA_CONCURRENCY, value: {{ add1 .function.atOnce | quote }}}
{{- end }}
{{- $function := .function }}
{{- range include "noria.keys" . | fromJsonArray }}
{{- if regexMatch "^NORIA_(STORE|NATS)_" . }}
- {name: {{ . }}_FILE, value: /etc/noria/keys/{{ . }}}
{{- else if hasSuffix "_FILE" . }}
- {name: {{ . }}, value: /etc/noria/keys/{{ . }}}
{{- else }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ $function.name }}-keys, key: {{ . }}}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "noria.pod" -}}
{{- $module := ternary "jetstream" "knative" .root.Values.plain -}}
{{- if eq .component "source" }}{{ $module = "jetstream.source" }}{{ end -}}
{{ with .function.pullSecrets }}imagePullSecrets:
{{ range . }}- name: {{ . }}
{{ end }}{{ end }}serviceAccountName: {{ .function.name }}
automountServiceAccountToken: false
enableServiceLinks: false
containers:
- name: {{ last (splitList "." $module) }}
  image: {{ .function.image | quote }}
  command: [python, -m, functions.runtime.hosts.{{ $module }}, /etc/noria/fdl/pipeline.yaml, {{ .function.name }}]
  env:
    {{- include "noria.environment" . | nindent 4 }}
  resources:
    {{- if eq .component "source" }}
    limits: {cpu: 500m, memory: 128Mi}
    requests: {cpu: 20m, memory: 64Mi}
    {{- else }}
    limits:
      cpu: {{ .function.cpu | quote }}
      memory: {{ .function.memory | quote }}
      {{- if .function.gpu }}
      nvidia.com/gpu: "1"
      {{- end }}
    requests:
      cpu: {{ .function.cpu | quote }}
      memory: {{ .function.memory | quote }}
      {{- if .function.gpu }}
      nvidia.com/gpu: "1"
      {{- end }}
    {{- end }}
  securityContext:
    {{- include "noria.security" . | nindent 4 }}
  volumeMounts:
  - {name: fdl, mountPath: /etc/noria/fdl, readOnly: true}
  - {name: keys, mountPath: /etc/noria/keys, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  {{- if eq .component "function" }}
  {{- if .root.Values.plain }}
  ports:
  - {name: metrics, containerPort: 9464}
  startupProbe:
    httpGet: {path: /metrics, port: metrics}
    periodSeconds: 2
    failureThreshold: 150
  readinessProbe:
    httpGet: {path: /metrics, port: metrics}
    periodSeconds: 10
    timeoutSeconds: 5
  livenessProbe:
    httpGet: {path: /metrics, port: metrics}
    periodSeconds: 20
    timeoutSeconds: 5
    failureThreshold: 6
  {{- else }}
  ports:
  - {name: http1, containerPort: 8080}
  readinessProbe:
    httpGet: {path: /readyz}
  livenessProbe:
    httpGet: {path: /healthz}
    periodSeconds: 20
    failureThreshold: 6
  {{- end }}
  {{- end }}
volumes:
- name: fdl
  configMap:
    name: {{ .function.pipeline }}
    items:
    - {key: pipeline.yaml, path: pipeline.yaml}
    {{- if .root.Values.authorities }}
    - {key: ca.crt, path: ca.crt}
    {{- end }}
- name: keys
  secret:
    secretName: {{ .function.name }}-keys
    items:
    {{- range include "noria.keys" . | fromJsonArray }}
    {{- if or (regexMatch "^NORIA_(STORE|NATS)_" .) (hasSuffix "_FILE" .) }}
    - {key: {{ . }}, path: {{ . }}}
    {{- end }}
    {{- end }}
- name: tmp
  emptyDir: {{ if .function.room }}{sizeLimit: {{ .function.room | quote }}}{{ else }}{}{{ end }}
{{- end }}

{{- define "noria.template" -}}
metadata:
  labels:
    {{- include "noria.labels" . | nindent 4 }}
  annotations:
    noria/fdl: {{ .function.digest | quote }}
spec:
  {{- include "noria.pod" . | nindent 2 }}
  terminationGracePeriodSeconds: 45
{{- end }}
