package sources

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// inNamespace is set in the copy of the test that runs in a network of its own.
const inNamespace = "ATTACHE_TEST_NAMESPACE"

// In a network of its own every address there is leads to one server, so that a request which the guard lets through arrives. The
// same URLs through a client without a guard show that they would.
func TestGuardNamespace(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGuardNamespace$", "-test.v", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), inNamespace+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		switch {
		case err != nil && !errors.As(err, &exit):
			t.Skip("this machine allows no network namespace:", err)
		case err != nil:
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		if bytes.Contains(out, []byte("--- SKIP")) {
			t.Skip("this machine allows no network of one's own")
		}
		return
	}
	b, err := os.ReadFile(sharedFile(t, "eval/ssrf/ssrf_urls.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ URL, Expect string }
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	const public = "93.184.216.34"
	everywhere(t)
	arrived := serveEverywhere(t, public)
	resolver := resolverFor(t, map[string][]string{
		"pub.test": {public}, "localhost": {"127.0.0.1"}, "priv.test": {"10.1.2.3"}, "priv6only.test": {"fd12::1"}, "mapped.test": {"::ffff:127.0.0.1"},
		"nat64.test": {"64:ff9b::7f00:1"}, "compat.test": {"::127.0.0.1"}, "both.test": {"127.0.0.1", "::1"}, "rebind.test": {"127.0.0.1"}, "rebind2.test": {"192.168.0.1"},
	})

	open := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: (&net.Dialer{Resolver: resolver, Timeout: time.Second}).DialContext}}
	guarded := clientFor(t, ClientOptions{Resolver: resolver})
	blocked, without := 0, 0
	for _, row := range append(rows, struct{ URL, Expect string }{"http://[::1%25lo]/", "block"}) {
		arrived()
		if req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, row.URL, nil); err == nil && row.Expect == "block" {
			if resp, err := open.Do(req); err == nil {
				_ = resp.Body.Close()
			}
			if blocked++; len(arrived()) > 0 {
				without++
			}
		}
		_, err := guarded.do(t.Context(), request{url: row.URL, max: 1 << 20})
		if inside := arrived(); len(inside) > 0 {
			t.Errorf("%s reached %v", row.URL, inside)
		}
		if row.URL == "http://pub.test/" && err != nil {
			t.Errorf("%s: %v: nothing is reached at all", row.URL, err)
		}
	}
	t.Logf("of %d URLs of internal addresses a client without a guard reaches %d, ours none", blocked, without)
	if without < 20 { // IPv6 may be missing here, and some forms are none to Go
		t.Errorf("only %d URLs reach anything without a guard: the test shows little", without)
	}

	reached := 0
	for i := range 20 { // names that are public one time and internal the next
		resolver := flipping(t, public, "127.0.0.1", i%2)
		flip := clientFor(t, ClientOptions{Resolver: resolver})
		for range 2 { // the second time the connection may be there still
			if _, err := flip.do(t.Context(), request{url: "http://flip.test/", max: 1 << 20}); err == nil {
				reached++
			}
		}
		if inside := arrived(); len(inside) > 0 {
			t.Errorf("a name that changes reached %v", inside)
		}
	}
	t.Logf("of 40 requests to names that change %d reached the public address", reached)
	if reached == 0 || reached == 40 {
		t.Error("the names did not change")
	}
}

// everywhere makes each address one of this machine's own.
func everywhere(t *testing.T) {
	t.Helper()
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Close(s)
	var up struct { // struct ifreq
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(up.name[:], "lo")
	up.flags = syscall.IFF_UP | syscall.IFF_RUNNING | syscall.IFF_LOOPBACK
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(s), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&up))); e != 0 {
		t.Skip(e)
	}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip(err)
	}
	for _, family := range []byte{syscall.AF_INET, syscall.AF_INET6} {
		err := localRoute(family, uint32(lo.Index))
		if err != nil && family == syscall.AF_INET {
			t.Skip(err)
		}
		if err != nil {
			t.Log("no IPv6 here:", err)
		}
	}
}

// localRoute is `ip route add local default dev …`: every address of a family is delivered to this machine.
func localRoute(family byte, device uint32) error {
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(s)
	msg := struct {
		syscall.NlMsghdr
		syscall.RtMsg
		syscall.RtAttr
		device uint32
	}{
		syscall.NlMsghdr{Type: syscall.RTM_NEWROUTE, Flags: syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | syscall.NLM_F_CREATE},
		syscall.RtMsg{Family: family, Table: syscall.RT_TABLE_LOCAL, Protocol: syscall.RTPROT_BOOT, Scope: syscall.RT_SCOPE_HOST, Type: syscall.RTN_LOCAL},
		syscall.RtAttr{Len: syscall.SizeofRtAttr + 4, Type: syscall.RTA_OIF},
		device,
	}
	msg.NlMsghdr.Len = uint32(unsafe.Sizeof(msg))
	if err := syscall.Sendto(s, unsafe.Slice((*byte)(unsafe.Pointer(&msg)), unsafe.Sizeof(msg)), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(s, answer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:n])
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.Header.Type == syscall.NLMSG_ERROR {
			if code := *(*int32)(unsafe.Pointer(&m.Data[0])); code != 0 {
				return syscall.Errno(-code)
			}
		}
	}
	return nil
}

// serveEverywhere answers on the ports of the web, and of others that must not be asked, on all addresses. arrived returns, once,
// those other than public on port 80 that were connected to.
func serveEverywhere(t *testing.T, public string) (arrived func() []string) {
	t.Helper()
	var mu sync.Mutex
	var inside []string
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if to := r.URL.Query().Get("to"); to != "" {
				http.Redirect(rw, r, to, http.StatusFound)
				return
			}
			_, _ = io.WriteString(rw, "here")
		}),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if at := c.LocalAddr().String(); at != public+":80" {
				mu.Lock()
				inside = append(inside, at)
				mu.Unlock()
			}
			return ctx
		},
	}
	var running sync.WaitGroup
	for _, port := range []string{"80", "22", "443", "8080"} {
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			t.Skip(err)
		}
		running.Go(func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		was := inside
		inside = nil
		return was
	}
}

// flipping is a resolver that gives flip.test one address and the other in turns, from the first or the second on. Each turn is
// two questions, for an address of IPv4 and of IPv6.
func flipping(t *testing.T, one, other string, from int) *net.Resolver {
	t.Helper()
	resolvers := []*net.Resolver{resolverFor(t, map[string][]string{"flip.test": {one}}), resolverFor(t, map[string][]string{"flip.test": {other}})}
	var mu sync.Mutex
	n := 2 * from
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return resolvers[(n-1)/2%2].Dial(ctx, network, address)
	}}
}
