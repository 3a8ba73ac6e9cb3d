import { type DescribeCommand, describeHints, describeTask, hintAt } from "./command_hint.ts";

/** The sources.yaml that `init` writes. It is valid unchanged, and names every key. */
export function exampleYaml(describe: DescribeCommand = describeTask): string {
  return describeHints(EXAMPLE, describe);
}

const EXAMPLE =
  `# Configuration of Porthole: the VNC servers, and who may open them. Lines that begin with # have no effect.
# This file names every key. All are optional; "default" is the value of a key that is absent.
# Durations and sizes need a unit: 500ms, 5s, 2m, 1h, 7d; 64KiB, 16MiB. Relative paths start at this file's folder.
# A secret is text in quotes, { env: NAME } or { file: PATH }.
# Porthole watches this file. A valid change takes effect at once. An invalid change is reported, and has no effect.

sources:
  # The built-in desktop. It needs no VNC server.
  demo: { demo: true }

  # Short form: HOST, HOST:PORT or HOST:DISPLAY. A port below 100 is a display: 1 is port 5901.
  # pi: 192.168.1.31
  # nas: "[fd00::7]:5901"              # IPv6 needs brackets and quotes

  # Long form: one of host, unix or demo, and any of the other keys.
  # workshop:
  #   host: 192.168.1.20
  #   port: 5901                       # default: 5900
  #   title: Workshop PC               # default: the name of the source
  #   group: Upstairs                  # heading on the dashboard; default: none
  #   username: ada                    # to log in to the VNC server
  #   password: { env: WORKSHOP_VNC }  # a secret
  #   view_only: false                 # true blocks keys, pointer and clipboard of viewers; default: false
  #   clipboard: both                  # both, in (viewer to source), out (source to viewer) or none; default: both
  #   clipboard_limit: 1MiB            # most bytes of one clipboard text, in either direction; default: 1MiB
  #   shared: true                     # false disconnects other clients of the VNC server; default: true
  #   tls:                             # how to verify the VNC server; default: trust on first use
  #     ca: workshop-ca.pem            # certificates of the CAs that may have issued it
  #     server_name: workshop.lan      # the name it was issued for; default: host
  #     fingerprint: "sha256:…"        # of the certificate, or of the RSA key of an RSA-AES server
  #   prewarm: 0                       # connections kept logged in and ready, 0 to 16; default: 0
  #   allow: [ada, "group:makers"]     # users, groups and tokens that may use it; default: everyone who signed in
  #   view: [guest]                    # users, groups and tokens that may only view it; default: none
  #   connect_timeout: 5s              # default: 5s
  #   keepalive: 20s                   # interval of pings to the browser; 0 turns them off; default: 20s
  #   login_timeout: 60s               # time for a user of the VNC server to accept a viewer; default: 60s
  #   look: full                       # how to probe it: full (logs in), banner or off; default: careful, and learns
  # television:
  #   host: tv.lan
  #   display: 1                       # instead of port; display 1 is port 5901
  # vm7:
  #   unix: /run/vm7.vnc               # a unix socket

# Settings for all sources: group and the keys after it. A setting of the source itself takes precedence.
# defaults:
#   connect_timeout: 5s
#   username: ada

# gateway:
#   listen: 0.0.0.0:8443               # "[::]:8443" or unix:/run/porthole.sock; default: 127.0.0.1:8443
#   tls: auto                          # auto (a local CA), none or { cert: FILE, key: FILE }; default: auto
#   redirect: 0.0.0.0:8080             # plain HTTP that redirects to HTTPS; default: off
#   base_path: /                       # /vnc/ behind another server's path; default: /
#   public_url: https://vnc.example.net/  # the URL that users open; default: the address of the listener
#   trusted_proxies: [10.0.0.0/8]      # proxies whose X-Forwarded-* or Forwarded headers are accepted; default: none
#   allowed_origins: [https://home.example.net]  # other sites whose pages may open sources; default: none
#   allowed_hosts: [vnc.example.org]   # further host names of the gateway; default: none
#   deny_networks: [169.254.0.0/16]    # Porthole never connects to these; default: link-local and cloud metadata
#   resume: 30s                        # how long a session waits for a viewer that was cut off; 0: never; default: 30s
#   data: ./data                       # folder for certificates, keys and state; default: ./data
#   audit:                             # a service that also receives the audit log; default: none
#     url: https://logs.example.net/audit
#     token: { env: AUDIT_TOKEN }      # a secret, sent as a Bearer token

# How users and programs sign in. Without this section, users sign in with the login link that the first start prints,
# and a gateway that only this machine can reach needs no sign-in. With "none", nobody has to sign in.
# auth:
#   users:
#     ada:
#       password: "$argon2id$…"        # printed by: ${hintAt("hash")}
#       groups: [admins]               # default: none
#       totp: { env: ADA_TOTP }        # a secret in Base32 for two-factor authentication; default: set up by the user
#   tokens:                            # for programs; printed by: ${hintAt("token")}
#     - name: prometheus
#       hash: "sha256:…"
#       scopes: [metrics]              # view, control, links, metrics, admin; default: control
#       groups: [monitoring]           # default: none
#       sources: [workshop]            # default: every source that its name and groups may open
#       expires: 2027-12-31            # or 2027-12-31T12:00:00Z; default: never
#   jwt:                               # issuers of signed tokens for /websockify?token=JWT
#     - secret: { env: JWT_SECRET }    # a secret of at least 32 characters, for HS256
#       issuer: portal                 # required issuer; default: any
#       audience: porthole             # required audience; default: any
#       sources: [workshop]            # the only sources that its tokens may open; default: every source
#       role: view                     # the highest role of its tokens, view or control; default: control
#     - public_key: portal.pem         # instead of secret, for RS256 or ES256
#   oidc:                              # single sign-on with OpenID Connect
#     issuer: https://id.example.net/realms/home
#     client_id: porthole
#     client_secret: { env: OIDC_SECRET }  # a secret; default: a public client
#     title: Example ID                # the button says "Sign in with …"; default: single sign-on
#     scopes: [openid, profile, email] # default: these
#     claims:                          # the claims that are read
#       user: preferred_username       # default: preferred_username
#       groups: groups                 # default: groups
#     groups: { "/vnc-admins": admins }  # "group at the provider": group here; others are ignored; default: same names
#     domains: [example.net]           # only users with these email domains may sign in; default: any
#     users: [ada@example.org]         # these users may sign in too; default: any
#   proxy:                             # single sign-on by a reverse proxy: headers, assertion or both
#     headers:                         # accepted only from trusted_proxies
#       user: Remote-User
#       groups: Remote-Groups          # default: none
#     assertion:                       # a signed token
#       header: Cf-Access-Jwt-Assertion
#       jwks: https://example.cloudflareaccess.com/cdn-cgi/access/certs  # the proxy's public keys
#       issuer: https://example.cloudflareaccess.com
#       audience: 0123456789abcdef
#       claims:
#         user: email                  # default: email
#         groups: groups               # default: groups
#   login_link: false                  # whether the login link of the first start also works; default: false
#   admins: ["group:admins"]           # may open every source, and see and end every session; default: group:admins
#   session:                           # how long a user stays signed in
#     idle: 12h                        # without activity; default: 12h
#     absolute: 7d                     # at most; default: 7d

# limits:
#   memory: 75%                        # above it, all connections end; a share of the memory, or a size; default: 75%
#   sessions: 512                      # most open sessions; default: 512
#   per_source: 16                     # most open sessions of one source; default: 16
#   per_address: 8                     # most open sessions of one IP address; default: 8
#   per_user: 16                       # most open sessions of one user; default: 16
#   handshakes: 64                     # most sessions that are still connecting; default: 64
#   connects_per_minute: 60            # most new sessions of one IP address; default: 60
#   sign_ins_per_minute: 10            # most sign-in attempts of one IP address or known browser; default: 10
#   up_queue: 16MiB                    # most bytes that wait for a source that does not read; default: 16MiB
#   unacknowledged: 128MiB             # most bytes kept for viewers that may be cut off, in total; default: 128MiB
#   idle: 0                            # ends a session after this long without keys and pointer; 0: never; default: 0
#   stall: 90s                         # disconnects a viewer that reads nothing for this long; default: 90s
`;
