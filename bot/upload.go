package bot

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strconv"
)

// An upload is a file that an answer carries. Its name is the program's own: ASCII letters, digits, dots.
type upload struct {
	name string
	kind string // its Content-Type
	data []byte
}

// attachmentsOf are files as the message that they come with names them. Because they are named, an edit that is made again puts
// them in place of those of the first try, not beside them (reference, "Editing Message Attachments").
func attachmentsOf(files []upload) []map[string]any {
	out := make([]map[string]any, len(files))
	for i, f := range files {
		out[i] = map[string]any{"id": strconv.Itoa(i), "filename": f.name}
	}
	return out
}

// formOf is the body of a request with files, and its Content-Type (reference, "Uploading Files").
func formOf(said []byte, files []upload) (kind string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	add := func(disposition, kind string, data []byte) {
		if err != nil {
			return
		}
		part, perr := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
		if err = perr; err == nil {
			_, err = part.Write(data)
		}
	}
	add(`form-data; name="payload_json"`, "application/json", said)
	for i, f := range files {
		add(fmt.Sprintf(`form-data; name="files[%d]"; filename=%q`, i, f.name), f.kind, f.data)
	}
	if err == nil {
		err = w.Close()
	}
	return w.FormDataContentType(), b.Bytes(), err
}
