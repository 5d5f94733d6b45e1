import { ClientException, type HttpError } from './errors.ts'

interface ReceiptBody {
  receipt?: { methods?: string[]; expires_at?: string }
  required_auth_methods?: string[][]
}

/**
 * Keystone accepted what was shown and wants more methods. The login is continued with the receipt and the methods that
 * are missing, see `multifactor`.
 *
 * @see Identity API v3, multi-factor authentication with receipts
 */
export class MissingAuthMethods extends ClientException {
  /** What was accepted. */
  readonly methods: readonly string[]
  /** Each of these sets would do. */
  readonly requiredAuthMethods: readonly (readonly string[])[]
  /** When the receipt ends. */
  readonly expiresAt: Date
  readonly #receipt: string

  private constructor(cause: HttpError, receipt: string, body: Required<ReceiptBody>) {
    const { methods = [], expires_at: expires = '' } = body.receipt
    const sets = body.required_auth_methods.map((set) => set.join(' and '))
    super('missing_auth_methods', `more auth methods are needed: ${sets.join(', or ')}`, { cause })
    this.methods = methods
    this.requiredAuthMethods = body.required_auth_methods
    this.expiresAt = new Date(expires)
    this.#receipt = receipt
  }

  /** @returns undefined when the answer is no receipt after all */
  static from(error: HttpError, receipt: string): MissingAuthMethods | undefined {
    const body = bodyOf(error)
    const { receipt: granted, required_auth_methods: required } = body ?? {}
    const lists = [required, granted?.methods ?? [], ...(Array.isArray(required) ? required : [])]
    if (error.status !== 401 || !granted || !required || !lists.every(Array.isArray)) return undefined
    return new MissingAuthMethods(error, receipt, { receipt: granted, required_auth_methods: required })
  }

  /** As good as the factors it stands for; not a property, so that a logger does not write it. */
  get receipt(): string {
    return this.#receipt
  }

  /** The methods that would complete the shortest of the sets. */
  get missing(): string[] {
    const open = this.requiredAuthMethods.map((set) => set.filter((name) => !this.methods.includes(name)))
    return open.toSorted((one, other) => one.length - other.length)[0] ?? []
  }
}

function bodyOf(error: HttpError): ReceiptBody | undefined {
  try {
    return (JSON.parse(error.body) as ReceiptBody | null) ?? undefined
  } catch {
    return undefined
  }
}
