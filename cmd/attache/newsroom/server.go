package newsroom

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Server serves each outlet on a loopback port of its own. Use Open.
type Server struct {
	log    *slog.Logger
	dir    fs.FS
	opened time.Time
	sites  []Site
	srvs   []*http.Server
	done   chan struct{}
}

// A Site is where an outlet is served.
type Site struct {
	Outlet
	Addr string // host:port
}

// URL is the outlet's front page, which names its feed.
func (s Site) URL() string { return "http://" + s.Addr + "/" }

// Open serves the samples of dir. opened is the present of the articles' ages.
func Open(ctx context.Context, log *slog.Logger, dir fs.FS, opened time.Time) (*Server, error) {
	outlets, err := Outlets(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{log: log, dir: dir, opened: opened.Truncate(time.Second), done: make(chan struct{}, len(outlets))}
	for _, o := range outlets {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("open the newsroom: %w", err)
		}
		site := Site{Outlet: o, Addr: l.Addr().String()}
		srv := &http.Server{Handler: s.handler(site), ReadHeaderTimeout: 5 * time.Second}
		s.sites, s.srvs = append(s.sites, site), append(s.srvs, srv)
		go func() {
			_ = srv.Serve(l) // always ErrServerClosed, by Close
			s.done <- struct{}{}
		}()
	}
	return s, nil
}

// Sites returns where the outlets are served.
func (s *Server) Sites() []Site { return s.sites }

// Close ends the servers and waits for them.
func (s *Server) Close() {
	for _, srv := range s.srvs {
		_ = srv.Close() // a loopback listener; there is nothing to be done about it
	}
	for range s.srvs {
		<-s.done
	}
}

func (s *Server) handler(site Site) http.Handler {
	mux := http.NewServeMux()
	page := func(f func(w http.ResponseWriter, as []Article)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			as, err := Articles(s.dir, site.Outlet, s.opened)
			if err != nil {
				s.log.Error("sample", "err", err)
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			f(w, as)
		}
	}
	mux.HandleFunc("GET /{$}", page(func(w http.ResponseWriter, as []Article) { front(w, site, as) }))
	mux.HandleFunc("GET /feed", page(func(w http.ResponseWriter, as []Article) { s.feed(w, site, as) }))
	mux.HandleFunc("GET /{slug}", func(w http.ResponseWriter, r *http.Request) {
		page(func(w http.ResponseWriter, as []Article) {
			for _, a := range as {
				if a.Slug == r.PathValue("slug") {
					s.article(w, site, a)
					return
				}
			}
			http.NotFound(w, r)
		})(w, r)
	})
	return mux
}

const head = `<!doctype html><html lang="%s"><head><meta charset="utf-8"><title>%s</title>
<link rel="alternate" type="%s" title="%s" href="/feed"></head><body>
`

var feedType = map[string]string{"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml", "json": "application/feed+json"}

func front(w http.ResponseWriter, site Site, as []Article) {
	fmt.Fprintf(w, head, site.Lang, esc(site.Name), feedType[site.Kind], esc(site.Name))
	fmt.Fprintf(w, "<h1>%s</h1><p>An invented outlet: sample of Attaché.</p><ul>\n", esc(site.Name))
	for _, a := range as {
		fmt.Fprintf(w, "<li><a href=\"/%s\">%s</a></li>\n", a.Slug, esc(a.Title))
	}
	fmt.Fprint(w, "</ul></body></html>")
}

// article is a page as the web has them: navigation and footer around the text.
func (s *Server) article(w http.ResponseWriter, site Site, a Article) {
	fmt.Fprintf(w, head, site.Lang, esc(a.Title)+" | "+esc(site.Name), feedType[site.Kind], esc(site.Name))
	fmt.Fprintf(w, `<nav><a href="/">%s</a> <a href="/">World</a> <a href="/">About</a></nav><main><article>
<h1>%s</h1><p class="byline">%s <time datetime="%s"></time></p>
%s</article></main><aside><h2>More</h2><p>Subscribe to our newsletter.</p></aside><footer><p>Sample of Attaché: invented outlet, invented people.</p></footer></body></html>`,
		esc(site.Name), esc(a.Title), esc(a.Author), s.time(a).Format(time.RFC3339), body(a))
}

// body is the text of an article as HTML.
func body(a Article) string {
	var sb strings.Builder
	for i, p := range a.Paras {
		if len(a.Post) > 0 && i == a.After {
			sb.WriteString("<blockquote class=\"post\">")
			for _, l := range a.Post {
				sb.WriteString("<p>" + esc(l) + "</p>\n")
			}
			sb.WriteString("</blockquote>\n")
		}
		sb.WriteString("<p>" + esc(p) + "</p>\n")
	}
	if a.Note != "" {
		sb.WriteString("<p><em>" + esc(a.Note) + "</em></p>\n")
	}
	return sb.String()
}

func (s *Server) time(a Article) time.Time { return s.opened.Add(-a.Age).UTC() }

// teaser is what a feed of teasers carries.
func teaser(a Article) string {
	if a.Teaser != "" {
		return a.Teaser
	}
	return a.Paras[0]
}

func (s *Server) feed(w http.ResponseWriter, site Site, as []Article) {
	w.Header().Set("Content-Type", feedType[site.Kind])
	switch site.Kind {
	case "rss":
		s.rss(w, site, as)
	case "atom":
		s.atom(w, site, as)
	case "rdf":
		s.rdf(w, site, as)
	default:
		s.json(w, site, as)
	}
}

func (s *Server) text(site Site, a Article) string {
	if site.Teaser {
		return "<p>" + esc(teaser(a)) + "</p>"
	}
	return body(a)
}

// rss is RSS 2.0. A damaged one has a notice before its root, bare ampersands, and loses its end.
func (s *Server) rss(w http.ResponseWriter, site Site, as []Article) {
	amp := esc
	if site.Damaged {
		fmt.Fprint(w, "<b>Notice</b>: Undefined index: cache in feed.php on line 12\n")
		amp = func(t string) string { return strings.ReplaceAll(esc(t), "&amp;", "&") }
	}
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>%s</title><link>%s</link><language>%s</language>\n",
		amp(site.Name), site.URL(), site.Lang)
	for i, a := range as {
		fmt.Fprintf(w, "<item><title>%s</title><link>%s%s</link><guid isPermaLink=\"false\">%s</guid><pubDate>%s</pubDate><description>%s</description><content:encoded><![CDATA[%s]]></content:encoded>",
			amp(a.Title), site.URL(), a.Slug, a.Slug, s.time(a).Format(time.RFC1123Z), amp(teaser(a)), s.text(site, a))
		if site.Damaged && i == len(as)-1 {
			return
		}
		fmt.Fprint(w, "</item>\n")
	}
	fmt.Fprint(w, "</channel></rss>\n")
}

func (s *Server) atom(w http.ResponseWriter, site Site, as []Article) {
	type link struct {
		Href string `xml:"href,attr"`
	}
	type content struct {
		Type string `xml:"type,attr"`
		Body string `xml:",chardata"`
	}
	type entry struct {
		Title     string  `xml:"title"`
		Link      link    `xml:"link"`
		ID        string  `xml:"id"`
		Published string  `xml:"published"`
		Updated   string  `xml:"updated"`
		Author    string  `xml:"author>name"`
		Summary   content `xml:"summary"`
	}
	f := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		Title   string   `xml:"title"`
		ID      string   `xml:"id"`
		Link    link     `xml:"link"`
		Updated string   `xml:"updated"`
		Entries []entry  `xml:"entry"`
	}{Lang: site.Lang, Title: site.Name, ID: site.URL(), Link: link{site.URL()}, Updated: s.opened.UTC().Format(time.RFC3339)}
	for _, a := range as {
		at := s.time(a).Format(time.RFC3339)
		f.Entries = append(f.Entries, entry{a.Title, link{site.URL() + a.Slug}, site.URL() + a.Slug, at, at, a.Author, content{"html", s.text(site, a)}})
	}
	fmt.Fprint(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(f) // the poller that hung up is the one to notice
}

func (s *Server) rdf(w http.ResponseWriter, site Site, as []Article) {
	fmt.Fprintf(w, `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="%s"><title>%s</title><link>%s</link><dc:language>%s</dc:language></channel>
`, site.URL(), esc(site.Name), site.URL(), site.Lang)
	for _, a := range as {
		fmt.Fprintf(w, "<item rdf:about=\"%[1]s%[2]s\"><title>%[3]s</title><link>%[1]s%[2]s</link><dc:date>%[4]s</dc:date><dc:creator>%[5]s</dc:creator><content:encoded>%[6]s</content:encoded></item>\n",
			site.URL(), a.Slug, esc(a.Title), s.time(a).Format(time.RFC3339), esc(a.Author), esc(s.text(site, a)))
	}
	fmt.Fprint(w, "</rdf:RDF>\n")
}

func (s *Server) json(w http.ResponseWriter, site Site, as []Article) {
	type item struct {
		ID        string `json:"id"`
		URL       string `json:"url"`
		Title     string `json:"title"`
		HTML      string `json:"content_html"`
		Published string `json:"date_published"`
	}
	f := struct {
		Version string `json:"version"`
		Title   string `json:"title"`
		Home    string `json:"home_page_url"`
		Lang    string `json:"language"`
		Items   []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: site.Name, Home: site.URL(), Lang: site.Lang}
	for _, a := range as {
		f.Items = append(f.Items, item{a.Slug, site.URL() + a.Slug, a.Title, s.text(site, a), s.time(a).Format(time.RFC3339)})
	}
	_ = json.NewEncoder(w).Encode(f) // the poller that hung up is the one to notice
}

func esc(s string) string { return html.EscapeString(s) }
