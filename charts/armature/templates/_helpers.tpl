{{- define "armature.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* RELEASE-armature, or RELEASE where that says armature already. */}}
{{- define "armature.fullname" -}}
{{- $name := include "armature.name" . }}
{{- $release := .Release.Name }}
{{- .Values.fullnameOverride | default (contains $name $release | ternary $release (printf "%s-%s" $release $name)) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "armature.selectorLabels" -}}
app.kubernetes.io/name: {{ include "armature.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "armature.labels" -}}
{{ include "armature.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "armature.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "armature.fullname" .) }}
{{- else }}
{{- required "serviceAccount.name is required when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "armature.image" -}}
{{- $repository := required "image.repository is required: build the image with `make image`, push it, and name its repository here" .Values.image.repository }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* What values.schema.json cannot say: which values the chosen credential and cloud need. */}}
{{- define "armature.check" -}}
{{- with .Values.azure }}
{{- if has .credential (list "workload-identity" "client-secret") }}
{{- $_ := required (printf "azure.tenantId is required with azure.credential %s" .credential) .tenantId }}
{{- $_ := required (printf "azure.clientId is required with azure.credential %s" .credential) .clientId }}
{{- end }}
{{- if eq .credential "client-secret" }}
{{- $_ := required "azure.clientSecret.name is required with azure.credential client-secret" .clientSecret.name }}
{{- end }}
{{- if eq .cloud "custom" }}
{{- $_ := required "azure.armEndpoint is required with azure.cloud custom" .armEndpoint }}
{{- $_ := required "azure.authorityHost is required with azure.cloud custom" .authorityHost }}
{{- else if or .armEndpoint .authorityHost .audience }}
{{- fail (printf "azure.armEndpoint, azure.authorityHost and azure.audience are only for azure.cloud custom; %s has fixed endpoints" .cloud) }}
{{- end }}
{{- end }}
{{- end }}
