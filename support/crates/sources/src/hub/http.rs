//! Requests to the hub: redirects followed by hand, so that the token stays with the endpoint's host and circles end.
//!
//! ureq does the transfers and TLS. What an answer's status means for a repository is told here; what its headers
//! mean for a file is told in `download.rs`.

use std::time::Duration;

use ureq::http::{Method, Request, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::fault::{Fault, Kind, server};
use super::settings::Settings;

const MOST_REDIRECTS: usize = 10;

/// An answer that is not a redirect to be followed.
pub(super) struct Answer {
    /// The address that gave it.
    pub url: String,
    pub status: u16,
    response: ureq::http::Response<Body>,
}

impl Answer {
    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The bytes that follow.
    pub fn into_body(self) -> Body {
        self.response.into_body()
    }

    /// A redirect.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

/// Asks one endpoint.
pub(super) struct Client<'a> {
    agent: Agent,
    settings: &'a Settings,
}

impl<'a> Client<'a> {
    pub fn new(settings: &'a Settings) -> Result<Client<'a>, Fault> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_recv_response(Some(settings.answer_timeout))
            .timeout_per_read(Some(settings.stall_timeout))
            .timeout_per_write(Some(settings.stall_timeout))
            .accept_encoding("identity")
            .user_agent(concat!("interpretability-course/", env!("CARGO_PKG_VERSION")));
        let host = origin(&settings.endpoint).map(|(_, host, _)| host).unwrap_or_default();
        if host == "localhost" || host == "[::1]" || host.starts_with("127.") {
            config = config.proxy(None);
        }
        if let Some(roots) = own_certificates()? {
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Client { agent: config.build().into(), settings })
    }

    /// Reads from `from` on; redirects are followed wherever they lead.
    pub fn get(&self, url: &str, from: u64) -> Result<Answer, Fault> {
        self.follow(Method::GET, url, from, &|_, _| false)
    }

    /// Asks for the header alone. A redirect to another host, or to a linked file, is followed only if it does not say
    /// itself which file it leads to: the hub's own redirects to its storage do, those of a mirror do not.
    pub fn head(&self, url: &str) -> Result<Answer, Fault> {
        // Within the host a redirect may also lead to the repository's new name: the plain ETag is that of the redirect.
        let tells = |answer: &Answer, other_host: bool| {
            let file = answer.header("x-linked-etag").is_some() || (other_host && answer.header("etag").is_some());
            file && answer.header("x-repo-commit").is_some()
        };
        self.follow(Method::HEAD, url, 0, &tells)
    }

    /// `enough` says of a redirect, and whether it leads to another host, that it need not be followed.
    fn follow(
        &self,
        method: Method,
        url: &str,
        from: u64,
        enough: &dyn Fn(&Answer, bool) -> bool,
    ) -> Result<Answer, Fault> {
        let mut way = vec![url.to_owned()];
        loop {
            let here = way.last().map_or(url, String::as_str);
            let answer = self.ask(&method, here, from)?;
            if !answer.is_elsewhere() {
                return Ok(answer);
            }
            let Some(next) = answer.header("location").and_then(|location| join(here, location)) else {
                return Err(Fault::answer(here, "with a redirect to nowhere"));
            };
            if enough(&answer, origin(&next) != origin(here)) {
                return Ok(answer);
            }
            if here.starts_with("https:") && !next.starts_with("https:") {
                return Err(Fault::answer(
                    here,
                    &format!("with a redirect to {}, which is not encrypted", server(&next)),
                ));
            }
            let circle = way.contains(&next);
            way.push(next);
            if circle || way.len() > MOST_REDIRECTS {
                let servers: Vec<String> = way.iter().take(4).map(|url| server(url)).collect();
                let how = if circle { "in a circle" } else { "more than 10 times" };
                return Err(Fault::answer(url, &format!("with redirects {how} ({} …)", servers.join(" → "))));
            }
        }
    }

    fn ask(&self, method: &Method, url: &str, from: u64) -> Result<Answer, Fault> {
        let mut request = Request::builder().method(method).uri(url);
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        if let Some(token) = &self.settings.token
            && origin(url) == origin(&self.settings.endpoint)
        {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(()).map_err(|_| {
            let what =
                format!("the request to {} cannot be sent: its address or the token holds odd characters", server(url));
            Fault::new(Kind::Lasting, what, "Check HF_ENDPOINT and HF_TOKEN")
        })?;
        match self.agent.run(request) {
            Ok(response) => Ok(Answer { url: url.to_owned(), status: response.status().as_u16(), response }),
            Err(error) => Err(self.failed(&error, url)),
        }
    }

    /// What ureq reports, in words.
    pub fn failed(&self, error: &ureq::Error, url: &str) -> Fault {
        Fault::network(error, url, &|phase| match phase {
            ureq::Timeout::Connect | ureq::Timeout::Resolve => self.settings.connect_timeout.as_secs_f64(),
            ureq::Timeout::RecvResponse => self.settings.answer_timeout.as_secs_f64(),
            _ => self.settings.stall_timeout.as_secs_f64(),
        })
    }

    /// Tries until it works, the fault is a lasting one, or the attempts are used up.
    pub fn retry<T>(&self, mut once: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
        let mut attempt = 1;
        loop {
            match once() {
                Err(fault) if fault.kind == Kind::Passing && attempt < self.settings.attempts => {
                    self.rest(attempt, fault.wait);
                    attempt += 1;
                }
                Err(fault) => return Err(fault.after(attempt)),
                done => return done,
            }
        }
    }

    /// The pause after attempt number `attempt`: what the server asks for (at most 30 s), or twice the last one.
    pub fn rest(&self, attempt: u32, asked: Option<u64>) {
        let own = self.settings.pause * 2u32.saturating_pow(attempt - 1);
        let pause = asked.map_or(own, |seconds| Duration::from_secs(seconds.min(30)).max(own));
        std::thread::sleep(pause.min(Duration::from_secs(30)));
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_lowercase();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, uri.host()?.to_lowercase(), port))
}

/// Where `location`, found at `base`, leads to; `None` if that is no web address.
fn join(base: &str, location: &str) -> Option<String> {
    let location = location.trim();
    if location.is_empty() {
        return None;
    }
    let (scheme, _) = base.split_once("://")?;
    let url = if location.contains("://") && !location.starts_with('/') {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{}{location}", server(base))
    } else {
        let path = base.split(['?', '#']).next().unwrap_or(base);
        let folder = path.rfind('/').filter(|&at| at > scheme.len() + 2).map_or(path, |at| &path[..at]);
        format!("{folder}/{location}")
    };
    let web = url.starts_with("http://") || url.starts_with("https://");
    (web && origin(&url).is_some()).then_some(url)
}

/// The certificates that the environment names instead of Mozilla's.
fn own_certificates() -> Result<Option<RootCerts>, Fault> {
    let names = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
    let found = names.iter().find_map(|name| Some((name, std::env::var(name).ok().filter(|path| !path.is_empty())?)));
    let Some((name, path)) = found else { return Ok(None) };
    let pem = std::fs::read(&path).unwrap_or_default();
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let what = format!("{name} names {path}, which holds no certificate");
        return Err(Fault::new(Kind::Lasting, what, "Set it to a file of certificates (PEM), or unset it"));
    }
    Ok(Some(RootCerts::new_with_certs(&certificates)))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn locations() {
        let at = |location| join("https://hub.test:8443/a/b?c=/d", location);
        assert_eq!(at("https://cdn.test/x?y=http://z").as_deref(), Some("https://cdn.test/x?y=http://z"));
        assert_eq!(at("/x/y?to=http://z").as_deref(), Some("https://hub.test:8443/x/y?to=http://z"));
        assert_eq!(at("//cdn.test/x").as_deref(), Some("https://cdn.test/x"));
        assert_eq!(at("c/d").as_deref(), Some("https://hub.test:8443/a/c/d"));
        assert_eq!(join("https://hub.test", "c").as_deref(), Some("https://hub.test/c"));
        for bad in ["", "file:///etc/passwd", "ftp://x/y", "https://", "javascript://x"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
