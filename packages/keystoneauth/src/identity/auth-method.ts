/** What a method tells Keystone. */
export interface Proof {
  /** Stands under the method's name in `auth.identity`. */
  payload: Record<string, unknown>
  /** What of the payload no error may repeat. */
  secrets: readonly string[]
}

/** One authentication method of the Identity API. */
export interface AuthMethod {
  /** As it stands in `auth.identity.methods`. */
  name: string
  proof(): Proof | Promise<Proof>
  /** The proof is good for one login: the token is then used to its end, as a renewal could only be refused. */
  singleUse?: boolean
}
