/** Every reason for which a request is not authenticated; the codes stand in logs, metrics and, if enabled, in `WWW-Authenticate`. */
export const reasons = {
  user_token_absent: 'The request carries no user token.',
  user_token_unknown_or_revoked:
    'Keystone does not know the user token: never issued, revoked, or expired before this service has seen it.',
  user_token_outside_window:
    'The user token has been expired for longer than the window in which a service token lets it pass.',
  user_token_expired: 'The user token has expired and no confirmed service token allows for that.',
  user_token_bind_refused: 'The user token is bound to an authentication that this request does not carry.',
  access_rules_service_type_unset:
    'The application credential has access rules and this service does not know its own service_type.',
  access_rules_service_not_in_catalog:
    "The application credential has access rules and this service is not in the token's catalog.",
  access_rules_no_match: "None of the application credential's access rules covers this request.",
  service_token_unknown:
    'Keystone does not know the service token: never issued, revoked, or expired before this service has seen it.',
  service_token_expired: 'The service token has expired.',
  service_token_bind_refused:
    'The service token is bound to an authentication that this request does not carry.',
  service_token_role_missing: 'The service token carries none of service_token_roles.',
  own_credentials_refused: "Keystone refused this service's own credentials.",
  own_credentials_forbidden: "This service's own user may not validate tokens; give it the role service.",
  identity_endpoint_not_found:
    "This service's own catalog has no identity endpoint for the configured interface and region.",
  keystone_unreachable: 'Keystone could not be reached or did not answer in time.',
  keystone_busy: 'As many questions to Keystone wait for their turn as may, or this one has waited too long.',
  keystone_failed: 'Keystone answered the validation with an error.',
  keystone_answer_invalid: 'Keystone answered the validation with something that is not a token.',
  request_exempt: 'The route is exempt from authentication; tokens were not looked at.',
} as const

/** A stable code of {@link reasons}. */
export type Reason = keyof typeof reasons
