import type { Settings } from './settings.ts'

/** The name of an option among the variables of the environment. */
export function environmentName(option: string): string {
  return `OS_${option.toUpperCase()}`
}

// These choose among clouds, and describe none.
const selectors = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
])

// OS_TEST, OS_STDOUT_CAPTURE, OS_LOG_CAPTURE and their like are for tests of OpenStack itself.
const ours = /^OS_(?!TEST|STD|LOG)/

/**
 * The cloud that `OS_*` variables describe.
 *
 * @returns undefined when they describe none
 * @see openstacksdk, config.loader.OpenStackConfig._get_os_environ
 */
export function environmentCloud(env: Readonly<Record<string, string | undefined>>): Settings | undefined {
  const names = Object.keys(env).filter((name) => ours.test(name) && env[name])
  if (!names.some((name) => !selectors.has(name))) return undefined
  return Object.fromEntries(names.map((name) => [name.slice(3).toLowerCase(), env[name]!]))
}
