import type { OptionTable } from '@longhaul/oslo-config'

/**
 * Older names by the option they stand for, in the same group or as `[group, name]`.
 *
 * @see oslo.config, cfg.DeprecatedOpt
 */
export type DeprecatedOpts<T extends OptionTable> = Readonly<
  Partial<Record<keyof T, readonly (string | readonly [group: string, name: string])[]>>
>

/** The options, which are found under the older names as well. */
export function withOlderNames<T extends OptionTable>(table: T, older: DeprecatedOpts<T>): T {
  const options = Object.entries(table).map(([name, option]) => {
    const own = option.settings.deprecatedNames ?? []
    const deprecatedNames = [...own, ...(older[name] ?? [])]
    return [
      name,
      deprecatedNames.length === 0
        ? option
        : { ...option, settings: { ...option.settings, deprecatedNames } },
    ]
  })
  return Object.fromEntries(options) as T
}
