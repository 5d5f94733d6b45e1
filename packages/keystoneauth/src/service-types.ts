// The official type first, then the names under which a catalog may still list it, in the order they are looked for. A
// type that is not here has one name. Source: os-service-types, os_service_types/data/service-types.json.
const groups: readonly (readonly string[])[] = [
  ['admin-logic', 'registration'],
  ['alarm', 'alarming'],
  ['application-container', 'container'],
  ['application-deployment', 'application_deployment'],
  ['baremetal', 'bare-metal'],
  ['block-storage', 'volumev3', 'volumev2', 'volume', 'block-store'],
  ['clustering', 'resource-cluster', 'cluster'],
  ['container-infrastructure-management', 'container-infrastructure', 'container-infra'],
  ['event', 'events'],
  ['instance-ha', 'ha'],
  ['message', 'messaging'],
  ['meter', 'metering', 'telemetry'],
  ['monitoring-logging', 'monitoring-log-api'],
  ['multi-region-network-automation', 'tricircle'],
  ['operator-policy', 'policy'],
  ['resource-optimization', 'infra-optim'],
  ['root-cause-analysis', 'rca'],
  ['shared-file-system', 'sharev2', 'share'],
  ['workflow', 'workflowv2'],
]

/** A service type and the other names under which a catalog may list it; the one asked for comes first. */
export function aliasesOf(serviceType: string): string[] {
  const group = groups.find((names) => names.includes(serviceType))
  return [serviceType, ...(group ?? []).filter((name) => name !== serviceType)]
}

/** The official name of a service type, of which `volumev3` and its like are aliases; an unknown one is its own. */
export function officialType(serviceType: string): string {
  return groups.find((names) => names.includes(serviceType))?.[0] ?? serviceType
}
