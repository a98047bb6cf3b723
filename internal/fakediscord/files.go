package fakediscord

import (
	"bytes"
	"cmp"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

const (
	// filesPath is where files are served: not a part of the API, and open to whoever knows the address.
	filesPath = "/attachments/"

	maxFile  = 10 << 20 // bytes; reference, "Uploading Files"
	filesMax = 10       // of a message
)

// A File that was sent with a message, or that a user gives to a command.
type File struct {
	Name string
	Kind string // its Content-Type
	Data []byte
}

// An attachment is a file that a message has.
type attachment struct {
	id string
	File
	described string
}

// attachmentJSON is what the API shows of a file. At its URL it is served from then on. The
// lock is held.
func (s *Server) attachmentJSON(a attachment, channel string) map[string]any {
	path := filesPath + channel + "/" + a.id + "/file"
	s.files[path] = a.File
	at := cmp.Or(s.base, "https://cdn.discord.invalid") + path
	j := map[string]any{"id": a.id, "filename": a.Name, "size": len(a.Data), "url": at, "proxy_url": at}
	if a.Kind != "" {
		j["content_type"] = a.Kind
	}
	if a.described != "" {
		j["description"] = a.described
	}
	return j
}

// unpack takes a form apart: what it says, and its files. A body that is no form says itself.
func unpack(contentType string, body []byte) (said []byte, files []File, bad *answer) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, nil, nil
	}
	broken := fail(http.StatusBadRequest, codeInvalidForm, "Invalid Form Body: the form cannot be read")
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart returns it bare
			break
		}
		if err != nil {
			return nil, nil, broken
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, nil, broken
		}
		switch name := p.FormName(); {
		case name == "payload_json":
			said = data
		case p.FileName() != "" && (name == "file" || strings.HasPrefix(name, "file") || strings.HasPrefix(name, "files[")):
			files = append(files, File{p.FileName(), p.Header.Get("Content-Type"), data})
		}
	}
	if len(files) > filesMax {
		return nil, nil, fail(http.StatusBadRequest, 30015, "Maximum number of attachments in a message reached (10)")
	}
	for _, f := range files {
		if len(f.Data) > maxFile {
			return nil, nil, fail(http.StatusRequestEntityTooLarge, codeTooLarge, "Request entity too large")
		}
	}
	if said == nil {
		said = []byte("{}")
	}
	return said, files, nil
}

// An attached is one of the attachments that a body names: a file of the same request by its place, or by its id one
// that the message has.
type attached struct {
	ID          any    `json:"id"`
	Description string `json:"description"`
	Filename    string `json:"filename"`
}

func (a attached) id() string {
	switch v := a.ID.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatInt(int64(v), 10)
	}
	return ""
}

// attach gives a message the files that came with a request. A body that names attachments (not nil) keeps of those that
// the message had only the ones that it names. The lock is held.
func (s *Server) attach(m *Message, named []attached, files []File) {
	about := map[string]attached{}
	for _, a := range named {
		about[a.id()] = a
	}
	kept := []attachment{}
	for _, a := range m.attachments {
		if _, stays := about[a.id]; stays || named == nil {
			kept = append(kept, a)
		}
	}
	for i, f := range files {
		a := attachment{id: s.newID(), File: f, described: about[strconv.Itoa(i)].Description}
		if name := about[strconv.Itoa(i)].Filename; name != "" {
			a.Name = name
		}
		kept = append(kept, a)
	}
	m.attachments = kept
	m.Files = make([]File, len(kept))
	for i, a := range kept {
		m.Files[i] = a.File
	}
}

// serveFile does what Discord's content delivery network does: it gives a file to whoever knows its address. What a request
// to it carries is seen by others than Discord's API, so that a token there is a violation.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.violate("%s %s: the token was sent to where files are served", r.Method, r.URL.Path)
	}
	s.mu.Lock()
	f, there := s.files[r.URL.Path]
	s.mu.Unlock()
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "405: Method Not Allowed", http.StatusMethodNotAllowed)
	case !there:
		http.Error(w, "This content is no longer available.", http.StatusNotFound)
	default:
		if w.Header().Set("Content-Type", f.Kind); f.Kind == "" {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		_, _ = w.Write(f.Data) // the client may be gone
	}
}
