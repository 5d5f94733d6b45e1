import { randomUUID } from 'node:crypto'

// `<id:user:demo>`: what differs from run to run has a name in the recordings.
const mark = /<(?:id|token|audit|req)(?::[^<>]*)?>/g
const timeMark = /^<time ([+-]\d+)s '([^']*)'>$/
/** Lists whose order the original does not promise. */
const unordered = new Set([
  'catalog',
  'domains',
  'endpoints',
  'groups',
  'implies',
  'parents',
  'projects',
  'regions',
  'role_assignments',
  'role_inferences',
  'roles',
  'services',
  'subtree',
  'tags',
  'users',
])
/** Seconds that a recorded time may be off, as its token was made at another moment. */
const timeTolerance = 60

/** The values that stand behind the marks of one recording. */
export class Marks {
  #known: Map<string, string>

  constructor(known: ReadonlyMap<string, string> = new Map()) {
    this.#known = new Map(known)
  }

  copy(): Marks {
    return new Marks(this.#known)
  }

  get(name: string): string | undefined {
    return this.#known.get(name)
  }

  set(name: string, value: string): void {
    this.#known.set(name, value)
  }

  /** All marks in a value. */
  in(value: unknown): string[] {
    return JSON.stringify(value ?? null).match(mark) ?? []
  }

  /** A request with values in the place of its marks; an id that is not known is one that does not exist. */
  fill<T>(value: T): T {
    const text = JSON.stringify(value)
    if (text === undefined) return value
    return JSON.parse(
      text.replaceAll(mark, (name) => {
        const value = this.#known.get(name) ?? fresh(name)
        this.#known.set(name, value)
        return value
      }),
    ) as T
  }

  /**
   * How an answer differs from what was recorded; marks that are met for the first time take the value that stands there.
   *
   * @param now milliseconds since 1970, at the request
   */
  differences(actual: unknown, recorded: unknown, now: number, at = ''): string[] {
    if (recorded === undefined)
      return actual === undefined ? [] : [`${at}: ${shown(actual)} instead of nothing`]
    if (typeof recorded === 'string') return this.#text(actual, recorded, now, at)
    if (Array.isArray(recorded)) {
      if (!Array.isArray(actual)) return [`${at}: ${shown(actual)} is no list`]
      if (actual.length !== recorded.length)
        return [`${at}: ${actual.length} items instead of ${recorded.length}: ${shown(actual)}`]
      return unordered.has(at.split('/').at(-1) ?? '')
        ? this.#set(actual, recorded, now, at)
        : recorded.flatMap((one, index) => this.differences(actual[index], one, now, `${at}/${index}`))
    }
    if (typeof recorded !== 'object' || recorded === null)
      return Object.is(actual, recorded) ? [] : [`${at}: ${shown(actual)} instead of ${shown(recorded)}`]
    return this.#record(actual, recorded as Record<string, unknown>, now, at)
  }

  #record(actual: unknown, recorded: Record<string, unknown>, now: number, at: string): string[] {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual))
      return [`${at}: ${shown(actual)} instead of ${shown(recorded)}`]
    const wanted = Object.entries(recorded).map(([name, value]) => [this.#name(name), value] as const)
    const names = new Set(wanted.map(([name]) => name))
    const more = Object.keys(actual).filter((name) => !names.has(name))
    return [
      ...lifeDiffers(actual as Record<string, unknown>, recorded, at),
      ...more.map((name) => `${at}/${name}: is not recorded`),
      ...wanted.flatMap(([name, value]) =>
        Object.hasOwn(actual, name)
          ? this.differences((actual as Record<string, unknown>)[name], value, now, `${at}/${name}`)
          : [`${at}/${name}: is missing`],
      ),
    ]
  }

  #set(actual: readonly unknown[], recorded: readonly unknown[], now: number, at: string): string[] {
    const left = [...actual]
    return recorded.flatMap((wanted) => {
      let nearest: string[] | undefined
      for (const [index, one] of left.entries()) {
        const before = new Map(this.#known)
        const found = this.differences(one, wanted, now, `${at}/${index}`)
        if (found.length === 0) {
          left.splice(index, 1)
          return []
        }
        this.#known = before
        if (nearest === undefined || found.length < nearest.length) nearest = found
      }
      return nearest ?? [`${at}: ${shown(wanted)} is missing`]
    })
  }

  #text(actual: unknown, recorded: string, now: number, at: string): string[] {
    const differs = [`${at}: ${shown(actual)} instead of ${shown(recorded)}`]
    if (recorded === '<catalog>') return Array.isArray(actual) && actual.length > 0 ? [] : differs
    if (typeof actual !== 'string') return differs
    if (recorded === '<text>' || recorded === '<html>') return actual === '' ? differs : []
    const [, seconds, suffix] = timeMark.exec(recorded) ?? []
    if (seconds !== undefined) {
      const off = (Date.parse(actual.replace(/(\.\d+)?Z?$/, 'Z')) - now) / 1000 - Number(seconds)
      return actual.endsWith(suffix!) && Math.abs(off) <= timeTolerance ? [] : differs
    }
    const names = recorded.match(mark) ?? []
    const pattern = recorded.split(mark).map(literally)
    const parts = names.map((name) => {
      const value = this.#known.get(name)
      return value === undefined ? '([^/?&"`\' ]+)' : `(${literally(value)})`
    })
    const found = new RegExp(
      `^${pattern.map((piece, index) => piece + (parts[index] ?? '')).join('')}$`,
    ).exec(actual)
    if (!found) return differs
    for (const [index, name] of names.entries()) this.#known.set(name, found[index + 1]!)
    return []
  }

  #name(recorded: string): string {
    return recorded.replaceAll(mark, (name) => this.#known.get(name) ?? name)
  }
}

/** Whether a token that inherited no expiry lives for another time than the recorded one. */
function lifeDiffers(
  actual: Record<string, unknown>,
  recorded: Record<string, unknown>,
  at: string,
): string[] {
  const marks = [recorded['issued_at'], recorded['expires_at']].map((one) => timeMark.exec(String(one))?.[1])
  if (marks.includes(undefined) || (recorded['audit_ids'] as unknown[] | undefined)?.length !== 1) return []
  const life = (Date.parse(String(actual['expires_at'])) - Date.parse(String(actual['issued_at']))) / 1000
  const wanted = Number(marks[1]) - Number(marks[0])
  return Math.abs(life - wanted) <= 1 ? [] : [`${at}: lives for ${life} s instead of ${wanted} s`]
}

function fresh(name: string): string {
  return name === '<req>' ? `req-${randomUUID()}` : randomUUID().replaceAll('-', '')
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
