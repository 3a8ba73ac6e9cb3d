import { Layout, Masthead, type PageProps } from "../layout.tsx";
import { QrCode } from "../qr_code.tsx";

/** The properties of the trust page. */
export interface TrustPageProps extends PageProps {
  /** SHA-256 of the CA, hex pairs with colons; undefined where there is no local CA. */
  readonly fingerprint256?: string | undefined;
  /** Where there is no local CA: whether an administrator supplied a certificate, or the gateway has none. */
  readonly hasCertificate: boolean;
  /** The address of this page for other devices, for the QR code. */
  readonly address: string;
  readonly guides: readonly TrustGuide[];
}

/** How to install the CA on one system; text in backquotes is shown as code. */
export interface TrustGuide {
  readonly id: string;
  readonly system: string;
  readonly steps: readonly string[];
}

/** Explains how to make a device trust this gateway. */
export function TrustPage({ fingerprint256, hasCertificate, address, guides, ...page }: TrustPageProps) {
  return (
    <Layout {...page} title="Trust this gateway – Porthole" kind="reading">
      <Masthead {...page} />
      <main class="trust">
        <h1>Trust this gateway</h1>
        {fingerprint256 === undefined
          ? <NothingToInstall hasCertificate={hasCertificate} address={address} />
          : <Installing basePath={page.basePath} fingerprint256={fingerprint256} address={address} guides={guides} />}
      </main>
    </Layout>
  );
}

/** What a browser sends there does not leave the machine. */
const THIS_MACHINE = /^http:\/\/(localhost|127\.[\d.]+|\[::1\])[:/]/;

function NothingToInstall({ hasCertificate, address }: Pick<TrustPageProps, "hasCertificate" | "address">) {
  if (hasCertificate) {
    return (
      <p>
        This gateway uses a certificate supplied by its administrator. If your browser shows a warning, ask the
        administrator.
      </p>
    );
  }
  return address.startsWith("https:")
    ? (
      <p>
        This gateway has no certificate. The server in front of it has one: if your browser shows a warning, ask who
        runs that server.
      </p>
    )
    : (
      <>
        <p>This gateway has no certificate, so there is nothing to install.</p>
        {!THIS_MACHINE.test(address) && (
          <p class="callout problem">
            The connection is not encrypted: others on the network can read and change what you see and type.
          </p>
        )}
      </>
    );
}

interface InstallingProps extends Pick<TrustPageProps, "basePath" | "address" | "guides"> {
  readonly fingerprint256: string;
}

function Installing({ basePath, fingerprint256, address, guides }: InstallingProps) {
  return (
    <>
      <p>
        This gateway signs its own certificate. Install its CA once on each device, and the browser's warning goes away
        for good, even after the certificate is renewed.
      </p>
      <p>
        <a class="button primary" href={`${basePath}ca.crt`} download="porthole-ca.crt">Download porthole-ca.crt</a>
      </p>
      <section class="callout">
        <h2>Check before you trust</h2>
        <p>
          Your device shows a SHA-256 fingerprint. It must match this one, which the gateway also printed at startup:
        </p>
        <p>
          <code class="fingerprint">{fingerprint256}</code>
        </p>
        <p class="quiet">
          The CA can only vouch for IP addresses, this machine and private network names, not for other websites.
        </p>
      </section>
      <nav class="actions" aria-label="Operating systems">
        {guides.map(({ id, system }) => <a class="button" href={`#${id}`}>{system}</a>)}
      </nav>
      {guides.map((guide) => <Guide {...guide} />)}
      <section>
        <h2>On another device</h2>
        <QrCode text={address} label={`QR code of ${address}`} />
        <p class="quiet">{address}</p>
      </section>
    </>
  );
}

function Guide({ id, system, steps }: TrustGuide) {
  return (
    <section id={id}>
      <h2>{system}</h2>
      <ol>{steps.map((step) => <li>{markCode(step)}</li>)}</ol>
    </section>
  );
}

function markCode(step: string) {
  return step.split("`").map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part));
}
