import { text } from '../parameter-types.ts'
import { anyText, single, time } from '../query-parameters.ts'

/** Query of `GET /servers/{id}/os-instance-actions` from microversion 2.58 on. */
export const actionListQuery = {
  limit: single(text(1, 15).regex(/^[0-9]+$/, 'must be a whole number')).optional(),
  marker: single(anyText).optional(),
  'changes-since': single(time).optional(),
  'changes-before': single(time).optional(),
}
