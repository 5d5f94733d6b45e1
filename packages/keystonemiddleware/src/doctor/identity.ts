import { Adapter, type AccessInfo, type Response } from '@longhaul/keystoneauth'
import { keystoneFetchToken, validationUrl, type FetchToken } from '../fetch-token.ts'
import type { Section } from '../section.ts'

/** Keystone, as the section's own user sees it. */
export class Identity {
  readonly fetchToken: FetchToken
  readonly #section: Section
  readonly #adapter: Adapter

  constructor(section: Section) {
    const { values, session } = section
    this.#section = section
    this.#adapter = new Adapter({
      session,
      serviceType: 'identity',
      validInterfaces: [values.interface],
      ...(values.region_name === undefined ? {} : { regionName: values.region_name }),
    })
    this.fetchToken = keystoneFetchToken({
      session,
      interface: values.interface,
      regionName: values.region_name,
      timeout: values.http_connect_timeout,
      connectRetries: 0,
      includeServiceCatalog: false,
    })
  }

  /** The own login. @throws what the auth plugin throws */
  async ownAccess(): Promise<{ token: string | undefined; access: AccessInfo | undefined }> {
    const { auth, session } = this.#section
    return { token: await auth.getToken(session), access: await auth.getAccess?.(session) }
  }

  /** Asks for the validation of nothing, which tells the privileged from others: 404 or 400, and 403. */
  async validateNothing(): Promise<Response> {
    const url = validationUrl(await this.#adapter.getEndpoint())
    return await this.#section.session.get(url, { raiseExc: false, redirects: 0 })
  }
}
