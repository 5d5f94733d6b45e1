/** A value of clouds.yaml: every scalar is text as it was written, `null` stands for nothing. */
export type Setting = string | null | readonly Setting[] | Settings
export interface Settings {
  readonly [name: string]: Setting
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names with `_` where `-` was written, at every depth. */
export function underscored(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name.replaceAll('-', '_'), underscoredBelow(value)]),
  )
}

function underscoredBelow(value: Setting): Setting {
  if (isSettings(value)) return underscored(value)
  return Array.isArray(value) ? (value as readonly Setting[]).map(underscoredBelow) : value
}

/** What stands in `over` wins; mappings are merged at every depth. */
export function merged(under: Settings, over: Settings): Settings {
  const all = new Map<string, Setting>(Object.entries(under))
  for (const [name, value] of Object.entries(over)) {
    const below = all.get(name)
    all.set(name, isSettings(value) && isSettings(below) ? merged(below, value) : value)
  }
  return Object.fromEntries(all)
}

/** What stands in `over` wins; of mappings only `auth` is merged, any other replaces the one below. */
export function overlaid(under: Settings, over: Settings): Settings {
  const auth = isSettings(under['auth']) && isSettings(over['auth']) && { ...under['auth'], ...over['auth'] }
  return { ...under, ...over, ...(auth ? { auth } : {}) }
}

/** Without what is written without a value: it counts as not set, and hides nothing below it. */
export function cleared(settings: Settings): Settings {
  const set = Object.entries(settings).filter(([, value]) => value !== null)
  return Object.fromEntries(set.map(([name, value]) => [name, isSettings(value) ? cleared(value) : value]))
}

/** As {@link cleared}, of a cloud or a profile: `auth_type` without a value is set, to the empty text. */
export function clearedCloud(cloud: Settings): Settings {
  return { ...cleared(cloud), ...(cloud['auth_type'] === null ? { auth_type: '' } : {}) }
}

/** The text of a setting; undefined for what is not set or no text. */
export function textOf(settings: Settings | undefined, name: string): string | undefined {
  const value = settings && Object.hasOwn(settings, name) ? settings[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `{region_name}` and its like, as profiles write them in URLs: other texts of the cloud. */
export function filledIn(text: string, cloud: Settings): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => textOf(cloud, name) ?? all)
}
