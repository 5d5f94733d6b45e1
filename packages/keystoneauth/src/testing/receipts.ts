import { randomBytes } from 'node:crypto'
import { timestamp } from './token-data.ts'

const lifetimeSeconds = 300

/** Logins that lack methods: what a fake Keystone remembers of them. */
export class Receipts {
  readonly #required: readonly (readonly string[])[]
  readonly #methods = new Map<string, string[]>()

  /** @param required sets of methods, one of which a login has to show; none: anything will do */
  constructor(required: readonly (readonly string[])[]) {
    this.#required = required
  }

  /**
   * @param receipt of an earlier login
   * @returns the answer of 401 with its receipt; undefined when nothing is missing
   */
  judge(
    methods: readonly string[],
    receipt: string | undefined,
    now: Date,
  ): { receipt: string; body: unknown } | undefined {
    const shown = [...(this.#methods.get(receipt ?? '') ?? []), ...methods]
    if (this.#required.length === 0) return undefined
    if (this.#required.some((set) => set.every((name) => shown.includes(name)))) return undefined
    const issued = randomBytes(12).toString('base64url')
    this.#methods.set(issued, shown)
    const body = {
      receipt: {
        methods: shown,
        user: { id: 'id-user', name: 'user', domain: { id: 'default', name: 'Default' } },
        expires_at: timestamp(new Date(now.getTime() + lifetimeSeconds * 1000)),
        issued_at: timestamp(now),
      },
      required_auth_methods: this.#required,
    }
    return { receipt: issued, body }
  }
}
