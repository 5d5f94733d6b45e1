import { booleanText, fqdn, text } from '../parameter-types.ts'
import { anyText, last, single } from '../query-parameters.ts'

const wholeNumber = text(1, 15).regex(/^[0-9]+$/, 'must be a whole number')

/** Query of `GET /os-hypervisors` up to microversion 2.52. */
export const hypervisorPageQuery = { limit: last(wholeNumber).optional(), marker: last(anyText).optional() }

/** The same from 2.53 on. */
export const hypervisorListQuery = {
  limit: single(wholeNumber).optional(),
  marker: single(anyText).optional(),
  hypervisor_hostname_pattern: single(fqdn).optional(),
  with_servers: single(booleanText).optional(),
}

/** Query of `GET /os-hypervisors/{id}` from 2.53 on. */
export const hypervisorShowQuery = { with_servers: hypervisorListQuery.with_servers }
