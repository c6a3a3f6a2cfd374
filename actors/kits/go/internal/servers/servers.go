// Package servers starts real servers for the kit's tests, on free ports of this machine, each until its test ends.
package servers

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Server is a running server that a test may kill and start again on its port.
type Server struct {
	Address string

	t       *testing.T
	program string
	args    []string
	ready   string
	process *exec.Cmd
}

// NATS starts nats-server.
func NATS(t *testing.T, args ...string) *Server {
	port := freePort(t)
	return start(t, port, "nats-server", "Server is ready", append([]string{"-a", "127.0.0.1", "-p", port}, args...))
}

// Redis starts redis-server without persistence.
func Redis(t *testing.T) *Server {
	port := freePort(t)
	return start(t, port, "redis-server", "Ready to accept connections", []string{"--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()})
}

func start(t *testing.T, port, program, ready string, args []string) *Server {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Install %s.", program)
		}
		t.Skipf("Install %s.", program)
	}
	server := &Server{Address: "127.0.0.1:" + port, t: t, program: program, args: args, ready: ready}
	server.Start()
	t.Cleanup(server.Kill)
	return server
}

// Start starts the server, the first time or again, and returns when it accepts connections.
func (s *Server) Start() {
	s.t.Helper()
	s.process = exec.Command(s.program, s.args...)
	output, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process.Stderr = s.process.Stdout
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), s.ready) {
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	s.t.Fatalf("%s ended before it was ready", s.program)
}

// Kill kills it (SIGKILL) and waits for its end.
func (s *Server) Kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// Eventually fails the test unless check becomes true within 20 seconds.
func Eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if check() {
			return
		}
	}
	t.Fatal("not within 20 seconds: " + what)
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
