/** A range of addresses that ports are given, both ends included. */
export interface PoolText {
  start: string
  end: string
}

/** A way for guests. */
export interface HostRoute {
  destination: string
  nexthop: string
}
