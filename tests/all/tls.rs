//! TLS: an authority of one's own, and a server that wants a certificate of its client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{server, stands};
use super::ran::Ran;
use super::small_server::SmallServer;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::process::Command;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority of a hospital.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(parameters, key), certificate }
    }

    /// A certificate with its key, as PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()).unwrap();
        roots
    }
}

/// Passes what comes by TLS on to a server; ends with the runtime that it is of.
struct Front {
    base: String,
    _runtime: tokio::runtime::Runtime,
}

impl Front {
    fn of(server: &SmallServer, authority: &Authority, clients: Option<&Authority>) -> Front {
        server.with(|store| store.relative_links = true);
        let (certificate, key) = authority.issue("127.0.0.1");
        let config = ServerConfig::builder();
        let config = match clients {
            Some(clients) => config
                .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(clients.roots())).build().unwrap()),
            None => config.with_no_client_auth(),
        };
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("https://{}/fhir", listener.local_addr().unwrap());
        let behind = server.base.trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
        runtime.spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    // A client that is not trusted, or does not trust us, is the client's to tell.
                    let Ok(mut outside) = acceptor.accept(connection).await else { return };
                    let mut inside = TcpStream::connect(behind).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Front { base, _runtime: runtime }
    }
}

/// A run with these certificates in its configuration.
fn sync(base: &str, authority: Option<&Authority>, client: Option<(String, String)>) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut config = "[limits]\nretries = 0\nrequests_per_second = 1000\n[tls]\n".to_owned();
    if let Some(authority) = authority {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, &authority.certificate).unwrap();
        config.push_str(&format!("ca_file = {path:?}\n"));
    }
    if let Some((certificate, key)) = client {
        let path = folder.path().join("client.pem");
        std::fs::write(&path, format!("{certificate}{key}")).unwrap();
        config.push_str(&format!("client_certificate_file = {path:?}\n"));
    }
    let path = folder.path().join("plasmabridge.toml");
    std::fs::write(&path, config).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--server", base, "--config", path.to_str().unwrap(), "--as-of", "2026-11-22"]);
    Ran::of(&program.output().unwrap())
}

#[test]
fn a_server_of_an_own_authority_is_trusted_where_the_configuration_names_it_and_only_there() {
    let (server, authority) = (server(), Authority::new());
    let front = Front::of(&server, &authority, None);
    for (trusted, what) in [(None, "nobody"), (Some(&Authority::new()), "another authority")] {
        let ran = sync(&front.base, trusted, None);
        assert_eq!(ran.exit, 4, "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("certificate"), "{what}: {}", ran.stderr);
        assert!(server.calls().is_empty(), "{what}: nothing is said to a server that is not trusted");
    }
    let ran = sync(&front.base, Some(&authority), None);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(stands(&server).len() >= 4, "the plans are there");
}

#[test]
fn a_server_that_wants_a_certificate_of_its_client_gets_the_configured_one() {
    let (server, authority, clients) = (server(), Authority::new(), Authority::new());
    let front = Front::of(&server, &authority, Some(&clients));
    for (client, what) in [(None, "none"), (Some(authority.issue("bridge")), "one of another authority")] {
        let ran = sync(&front.base, Some(&authority), client);
        assert_eq!(ran.exit, 4, "{what}: {}", ran.stderr);
        assert!(server.calls().is_empty(), "{what}: the server has let nobody in");
    }
    let ran = sync(&front.base, Some(&authority), Some(clients.issue("bridge")));
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(stands(&server).len() >= 4, "the plans are there");
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for key in ["ca_file", "client_certificate_file"] {
        let (pem, path) = (folder.path().join("empty.pem"), folder.path().join("plasmabridge.toml"));
        std::fs::write(&pem, "").unwrap();
        std::fs::write(&path, format!("[tls]\n{key} = {pem:?}\n")).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
        program.args(["sync", "--server", "https://127.0.0.1:9/fhir", "--config", path.to_str().unwrap()]);
        let ran = Ran::of(&program.output().unwrap());
        assert_eq!(ran.exit, 3, "{key}: {}", ran.stderr);
        assert!(ran.stderr.contains("empty.pem"), "{key}: {}", ran.stderr);
    }
}
