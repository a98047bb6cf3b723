package main

import (
	"slices"
	"strings"
)

// What a process does: a gateway holds sessions with Discord and answers commands; a worker reads the sources and makes and
// posts the digests. Without --role a process is both.
const (
	gatewayRole = "gateway"
	workerRole  = "worker"
)

// roles are what a process does, in the order in which they are written.
type roles []string

var allRoles = roles{gatewayRole, workerRole}

// parseRoles reads --role.
func parseRoles(s string) (roles, error) {
	var rs roles
	for _, r := range strings.Split(s, ",") {
		if r = strings.TrimSpace(r); !slices.Contains(allRoles, r) {
			return nil, usage{say("--role is %q; write gateway, worker, or gateway,worker.", s)}
		}
		if !slices.Contains(rs, r) {
			rs = append(rs, r)
		}
	}
	slices.Sort(rs)
	return rs, nil
}

func (rs roles) String() string { return strings.Join(rs, ",") }

func (rs roles) has(role string) bool { return slices.Contains(rs, role) }

// shared reports whether the process leaves a part of the work to others.
func (rs roles) shared() bool { return len(rs) < len(allRoles) }
