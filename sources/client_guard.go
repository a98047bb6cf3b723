package sources

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// alsoDenied are addresses beyond those that code.dny.dev/ssrf denies.
var alsoDenied = []netip.Prefix{
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's WireServer, in a public range
	netip.MustParsePrefix("255.255.255.255/32"), // broadcast
}

// allowable are the private addresses that sources.allow_private may open.
// Link-local ones are missing on purpose: metadata services live there.
var allowable = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fd00::/8"),
}

// errPrivate is a dialled address that is not on the public internet.
var errPrivate = errors.New("address is not public")

// A guard says which URLs may be requested and which addresses may be dialled.
type guard struct {
	ports   []string
	allowed map[string]bool // host:port of URLs that may be private
	public  *ssrf.Guardian
	own     func() []netip.Addr // addresses of this machine's interfaces
}

func newGuard(allow []string, ports []int) (*guard, error) {
	g := &guard{ports: []string{"80", "443"}, allowed: map[string]bool{}, own: ownAddresses}
	for _, p := range ports {
		switch p {
		case 80, 443:
		case 8080, 8443:
			g.ports = append(g.ports, strconv.Itoa(p))
		default:
			return nil, fmt.Errorf("port %d: only 8080 and 8443 may be added", p)
		}
	}
	for _, hp := range allow {
		host, port, err := net.SplitHostPort(hp)
		if err != nil || host == "" || !validPort(port) {
			return nil, fmt.Errorf("allowed private address %q: write host:port, such as 10.0.0.5:8080", hp)
		}
		g.allowed[net.JoinHostPort(strings.ToLower(host), port)] = true
	}
	g.public = ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(alsoDenied...))
	return g, nil
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16 && strconv.Itoa(n) == s
}

// parse reads a URL and returns it when it may be requested, else a *Problem.
// Names are judged again by the address they resolve to, when it is dialled.
func (g *guard) parse(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxURL {
		return nil, problem(codeURL, nil)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, problem(codeURL, withoutURL(err))
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, problem(codeScheme, nil)
	case u.Opaque != "" || u.Host == "":
		return nil, problem(codeURL, nil)
	case u.User != nil:
		return nil, problem(codeUser, nil)
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, problem(codeURL, err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if !validPort(port) {
		return nil, problem(codePort, nil)
	}
	hostport := net.JoinHostPort(host, port)
	if err := g.judge(hostport, host, port); err != nil {
		return nil, err
	}
	u.Host = hostport
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		u.Host = strings.TrimSuffix(hostport, ":"+port)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// judge says whether a host may be asked, as far as that shows before DNS.
func (g *guard) judge(hostport, host, port string) error {
	if g.allowed[hostport] {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && (ip.Zone() != "" || g.denied(ip) != nil):
		return problem(codePrivate, nil)
	case err != nil && (loopbackName(strings.TrimSuffix(host, ".")) || oddNumber(host)):
		return problem(codePrivate, nil)
	case !slices.Contains(g.ports, port):
		return problem(codePort, nil)
	}
	return nil
}

// asciiHost is the host as it goes over the wire: lower case, punycode, fullwidth digits made plain.
func asciiHost(h string) (string, error) {
	if h == "" {
		return "", errors.New("no host")
	}
	if strings.Contains(h, ":") {
		return strings.ToLower(h), nil
	}
	a, err := idna.Lookup.ToASCII(h)
	if err != nil {
		// Underscores and the like are wrong in the rules and alive in DNS.
		for i := range len(h) {
			c := h[i]
			if c <= ' ' || c >= 0x7f || strings.IndexByte(`"#%/<>?@[\]^|{}`, c) >= 0 {
				return "", errors.New("host has forbidden characters")
			}
		}
		return strings.ToLower(h), nil
	}
	return a, nil
}

// oddNumber reports hosts that some resolvers read as a number: 127.1, 0x7f.0.0.1, 2130706433. No public name looks so.
func oddNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.HasPrefix(last, "0x") {
		last = last[2:]
		return strings.Trim(last, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// control returns the check of the address that is dialled for a URL's host:port.
func (g *guard) control(hostport string) func(network, address string, _ syscall.RawConn) error {
	host, port, _ := net.SplitHostPort(strings.ToLower(hostport))
	allowed := g.allowed[net.JoinHostPort(host, port)]
	return func(network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("network %s: %w", network, errPrivate)
		}
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dialled address: %w", errPrivate)
		}
		if strconv.Itoa(int(ap.Port())) != port {
			return fmt.Errorf("dialled port: %w", errPrivate)
		}
		if !allowed {
			if !slices.Contains(g.ports, port) {
				return fmt.Errorf("dialled port: %w", errPrivate)
			}
			return g.denied(ap.Addr())
		}
		// What the operator allowed by number is that number; what he allowed by name is a private address or a public one.
		if want, err := netip.ParseAddr(host); err == nil {
			if plainAddr(ap.Addr()) != plainAddr(want) {
				return errPrivate
			}
		}
		for _, p := range allowable {
			if p.Contains(plainAddr(ap.Addr())) {
				return nil
			}
		}
		return g.denied(ap.Addr())
	}
}

// denied says why an address may not be reached; nil when it may.
func (g *guard) denied(ip netip.Addr) error {
	if ip.Zone() != "" || g.public.SafeAddr(ip) != nil {
		return errPrivate
	}
	if slices.Contains(g.own(), plainAddr(ip)) {
		return fmt.Errorf("own address: %w", errPrivate)
	}
	return nil
}

// ownAddresses are those of this machine: a public one reaches what listens here past the firewall.
func ownAddresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				out = append(out, plainAddr(ip))
			}
		}
	}
	return out
}
