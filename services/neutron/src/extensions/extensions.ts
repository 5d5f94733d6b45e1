interface Extension {
  alias: string
  name: string
  description: string
  /** When the extension last changed, ISO 8601. */
  updated: string
}

/**
 * What the service offers besides the plain attributes of networks, subnets and ports; clients look before they use it.
 *
 * @see Networking API, Extensions
 */
export const extensions: readonly Extension[] = [
  {
    alias: 'allowed-address-pairs',
    name: 'Allowed address pairs',
    description: 'Further addresses of a port',
    updated: '2013-07-23T10:00:00-00:00',
  },
  {
    alias: 'binding',
    name: 'Port bindings',
    description: 'How a port is wired on its host',
    updated: '2014-02-03T10:00:00-00:00',
  },
  {
    alias: 'binding-extended',
    name: 'Several port bindings',
    description: 'A port is prepared on a further host before it moves there',
    updated: '2017-07-17T10:00:00-00:00',
  },
  {
    alias: 'filter-validation',
    name: 'Filter validation',
    description: 'Unknown filters of lists are refused',
    updated: '2018-03-21T10:00:00-00:00',
  },
  {
    alias: 'net-mtu',
    name: 'Network MTU',
    description: 'The MTU of a network is shown',
    updated: '2015-03-25T10:00:00-00:00',
  },
  {
    alias: 'net-mtu-writable',
    name: 'Writable network MTU',
    description: 'The MTU of a network may be set',
    updated: '2017-07-12T00:00:00-00:00',
  },
  {
    alias: 'pagination',
    name: 'Pagination',
    description: 'Lists come in pages',
    updated: '2016-06-12T00:00:00-00:00',
  },
  {
    alias: 'project-id',
    name: 'project_id',
    description: 'Resources show the project as project_id',
    updated: '2016-09-09T09:09:09-09:09',
  },
  {
    alias: 'quotas',
    name: 'Quotas',
    description: 'Limits of a project',
    updated: '2012-07-29T10:00:00-00:00',
  },
  {
    alias: 'revision-if-match',
    name: 'If-Match on revision_number',
    description: 'A change names the revision that its sender has seen',
    updated: '2016-12-11T00:00:00-00:00',
  },
  {
    alias: 'sorting',
    name: 'Sorting',
    description: 'Lists are sorted by one or more attributes',
    updated: '2016-06-12T00:00:00-00:00',
  },
  {
    alias: 'standard-attr-description',
    name: 'Descriptions',
    description: 'Resources have a description',
    updated: '2016-02-10T10:00:00-00:00',
  },
  {
    alias: 'standard-attr-revisions',
    name: 'Revision numbers',
    description: 'Resources count their changes',
    updated: '2016-04-11T10:00:00-00:00',
  },
  {
    alias: 'standard-attr-timestamp',
    name: 'Timestamps',
    description: 'Resources say when they were made and changed',
    updated: '2016-09-12T10:00:00-00:00',
  },
]
