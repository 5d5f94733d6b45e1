import { basicCredentials } from '../http-basic.ts'
import type { PluginSession } from '../plugin-session.ts'

/**
 * Where id and secret of a client stand in the request: the body; HTTP Basic, form-encoded, as RFC 6749 has it; or HTTP Basic
 * as they are, for Keystone, which takes them so.
 */
export type ClientAuthentication = 'body' | 'header' | 'plain-header'

export interface ClientTokenRequest {
  clientId: string
  /** Undefined for a public client, which only names itself. */
  clientSecret: string | undefined
  authentication: ClientAuthentication
  /** `grant_type` and what belongs to it. */
  parameters: Record<string, string>
  /** Values of the parameters that no error may repeat. */
  secrets?: readonly string[]
}

/**
 * Asks an OAuth 2.0 token endpoint.
 *
 * @returns the answer's object, unchecked
 * @throws HttpError with the provider's `error_description`; InvalidResponse
 * @see RFC 6749, 2.3.1 and 5; keystone.api.os_oauth2.AccessTokenResource
 */
export async function clientToken(
  session: PluginSession,
  endpoint: string,
  { clientId, clientSecret, authentication, parameters, secrets = [] }: ClientTokenRequest,
): Promise<Record<string, unknown>> {
  const form = new URLSearchParams(parameters)
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
  if (clientSecret !== undefined && authentication !== 'body') {
    const written = authentication === 'header' ? formEncoded : String
    headers['Authorization'] = basicCredentials(written(clientId), written(clientSecret))
  } else {
    form.set('client_id', clientId)
    if (clientSecret !== undefined) form.set('client_secret', clientSecret)
  }
  const response = await session.request(endpoint, {
    method: 'POST',
    authenticated: false,
    purpose: 'login',
    headers,
    body: form.toString(),
    secrets: [...secrets, ...(clientSecret === undefined ? [] : [clientSecret])],
  })
  return (await response.json<Record<string, unknown> | null>()) ?? {}
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
