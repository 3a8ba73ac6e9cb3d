/** The setting to change on a server of which the gateway speaks no security type, as a command to its user. */

const VNC_PASSWORD = "and set a VNC password";

/** Settings by what the offered type shows of the server. */
export const ADVICE = {
  /** Anonymous TLS inside VeNCrypt: TigerVNC and TurboVNC, QEMU, x11vnc. */
  useX509: "on the server set SecurityTypes=X509Vnc with X509Cert and X509Key (TigerVNC, TurboVNC), use " +
    "tls-creds-x509 (QEMU), or -ssl with a certificate file (x11vnc)",
  renewKey:
    "make one with an RSA key of 2048 bits or more and set it on the server: X509Cert and X509Key (TigerVNC), " +
    "tls-creds-x509 (QEMU), -ssl (x11vnc)",
  /** Type 18 by itself is what GNOME's desktop sharing offers while it requires encryption. */
  allowClear: "on GNOME run gsettings set org.gnome.Vino require-encryption false (vino), or gsettings set " +
    "org.gnome.desktop.remote-desktop.vnc encryption \"['none']\" (GNOME Remote Desktop), " + VNC_PASSWORD +
    "; for x11vnc use -ssl with a certificate file and -vencrypt force",
  dropSasl: "give QEMU password-secret= and tls-creds= instead of sasl=on (libvirt: vnc_sasl = 0 in qemu.conf)",
  useRealVncAuth: "set Authentication=VncAuth on the server (RealVNC), " + VNC_PASSWORD,
  allowApplePassword: "on the Mac, in the settings of Screen Sharing or Remote Management, turn on “VNC viewers may " +
    "control screen with password”, " + VNC_PASSWORD,
  turnMsLogonOff: "set MSLogonRequired=0 in ultravnc.ini on the server (UltraVNC), " + VNC_PASSWORD,
  /** Types that only noVNC speaks. */
  leaveToBrowser:
    "remove username, password, tls, view_only, clipboard, shared and prewarm from the source, so that the " +
    "browser logs in",
  turnPluginOff: "set UseDSMPlugin=0 in ultravnc.ini on the server (UltraVNC), " + VNC_PASSWORD,
  simplifyUltra: "set MSLogonRequired=0 and UseDSMPlugin=0 in ultravnc.ini on the server (UltraVNC), " + VNC_PASSWORD,
  useTightPassword: "on the server use a VNC password instead of accounts: -rfbauth (TightVNC), or " +
    "-securitytypes VNC (TurboVNC)",
} as const;

/** Codes of the Security message that belong to one vendor (IANA's registry; UltraVNC uses its own without one). */
const VENDORS: readonly (readonly [from: number, to: number, vendor: string, advice: string])[] = [
  [3, 15, "RealVNC", ADVICE.useRealVncAuth],
  [30, 36, "Apple", ADVICE.allowApplePassword],
  [104, 118, "UltraVNC", ADVICE.simplifyUltra],
  [128, 255, "RealVNC", ADVICE.useRealVncAuth],
];

/** The vendor of an unknown code of the Security message, and the setting to change; undefined if that is unknown, too. */
export function findVendor(code: number): { readonly vendor: string; readonly advice: string } | undefined {
  const found = VENDORS.find(([from, to]) => code >= from && code <= to);
  return found && { vendor: found[2], advice: found[3] };
}
