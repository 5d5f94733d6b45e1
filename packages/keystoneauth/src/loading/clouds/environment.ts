import type { Settings } from './settings.ts'

/** The name of an option among the variables of the environment. */
export function environmentName(option: string): string {
  return `OS_${option.toUpperCase()}`
}

// These choose among clouds, and describe none. Read as an option, OS_CLOUD would be `cloud`, the old name of `profile`.
const selectors = new Set(['OS_CLOUD', 'OS_CLOUD_NAME', 'OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE'])

// OS_TEST, OS_STDOUT_CAPTURE, OS_LOG_CAPTURE and their like are for tests of OpenStack itself.
const ours = /^OS_(?!TEST|STD|LOG)/

/**
 * The cloud that `OS_*` variables describe.
 *
 * @returns undefined when they describe none, but at most choose a region
 * @see openstacksdk, config.loader.OpenStackConfig._get_os_environ
 */
export function environmentCloud(env: Readonly<Record<string, string | undefined>>): Settings | undefined {
  const names = Object.keys(env).filter((name) => ours.test(name) && !selectors.has(name) && env[name])
  if (names.every((name) => name === 'OS_REGION_NAME')) return undefined
  return Object.fromEntries(names.map((name) => [name.slice(3).toLowerCase(), env[name]!]))
}
