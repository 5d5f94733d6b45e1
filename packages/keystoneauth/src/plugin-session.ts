import type { RequestPurpose } from './hooks.ts'
import type { Response } from './response.ts'

/** What a plugin asks Keystone, or a service for its versions: never with the plugin's own credentials added. */
export interface PluginRequest {
  method: string
  authenticated: false
  headers?: Record<string, string>
  json?: unknown
  body?: string
  raiseExc?: boolean
  /** Doing it twice does no harm, whatever the method. */
  idempotent?: boolean
  purpose?: RequestPurpose
  /** Values in the body that no error may repeat. */
  secrets?: readonly string[]
}

/** What a plugin needs of the session whose request it authenticates. */
export interface PluginSession {
  readonly now: () => Date
  request(url: string, options: PluginRequest): Promise<Response>
}
