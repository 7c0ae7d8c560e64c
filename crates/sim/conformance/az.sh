#!/usr/bin/env bash
# Creates, scales, upgrades and deletes a cluster with the Azure CLI, told nothing but endpoint and CA.
#
#     armature-sim --tls --time-scale 600 > ready.json &
#     crates/sim/conformance/az.sh ready.json
#
# Needs `az` (written against azure-cli 2.91) and python3. Keeps its settings in a folder of its own.
set -euo pipefail

field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]] or "")' "$ready" "$1"; }
step() { printf 'ok   %s\n' "$1"; }

ready=$1
AZURE_CONFIG_DIR=$(mktemp -d)
trap 'rm -rf "$AZURE_CONFIG_DIR"' EXIT
REQUESTS_CA_BUNDLE=$(field ca)
export AZURE_CONFIG_DIR REQUESTS_CA_BUNDLE
export AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_OUTPUT=tsv AZURE_CORE_ONLY_SHOW_ERRORS=yes

az cloud register --name simulator --endpoint-resource-manager "$(field endpoint)"
az cloud set --name simulator
# The CLI knows only Microsoft's authorities; this keeps it from asking them about ours.
az config set core.instance_discovery=false
az login --service-principal --username "$(field clientId)" --password "$(field clientSecret)" \
  --tenant "$(field tenant)" > /dev/null
step "signed in to $(az account show --query name)"

group=cli-conformance cluster=cli
az group create --name $group --location westeurope > /dev/null
az aks create --resource-group $group --name $cluster --node-count 1 --node-vm-size Standard_D4s_v5 \
  --kubernetes-version 1.35 --network-plugin azure --network-plugin-mode overlay --no-ssh-key > /dev/null
step "cluster created: $(az aks show -g $group -n $cluster --query provisioningState)"
az aks nodepool add --resource-group $group --cluster-name $cluster --name work --node-count 1 \
  --node-vm-size Standard_D4s_v5 > /dev/null
step "pool added: $(az aks nodepool show -g $group --cluster-name $cluster -n work --query count) node"
az aks nodepool scale --resource-group $group --cluster-name $cluster --name work --node-count 3 > /dev/null
step "pool scaled: $(az aks nodepool show -g $group --cluster-name $cluster -n work --query count) nodes"
az aks upgrade --resource-group $group --name $cluster --kubernetes-version 1.36 --yes > /dev/null
step "upgraded: $(az aks show -g $group -n $cluster --query 'join(`, `, [currentKubernetesVersion, agentPoolProfiles[].currentOrchestratorVersion | join(`, `, @)])')"
az aks get-credentials --resource-group $group --name $cluster --file "$AZURE_CONFIG_DIR/kubeconfig" > /dev/null
step "kubeconfig written"
az aks nodepool delete --resource-group $group --cluster-name $cluster --name work > /dev/null
step "pool deleted"
az aks delete --resource-group $group --name $cluster --yes
step "clusters left: $(az aks list --query 'length(@)')"
az group delete --name $group --yes
step "group exists: $(az group exists --name $group)"
