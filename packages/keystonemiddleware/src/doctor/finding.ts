/** What the doctor found out about one thing. */
export interface Finding {
  /** `own_token`, `validation`, `clocks`, `service_token`, `receiver`, `memcached`, `options`. */
  check: string
  /** A note is something to know; only a problem is to be mended. */
  level: 'ok' | 'note' | 'problem'
  message: string
}

/** An error for people, without what it might hold of others. */
export function inWords(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ? `${code}: ${message}` : (message ?? 'failed')
}
