package scenario

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
)

// Security is how the client is to say who it is; all empty: it need not.
type Security struct {
	Protocol, Mechanism, Username, Password string
	// Files, as PEM.
	Ca, Certificate, Key string
}

// TheSecurity is what the file says that WALKA_CLIENT_SECURITY names.
var TheSecurity = readSecurity()

func readSecurity() (security Security) {
	if file := os.Getenv("WALKA_CLIENT_SECURITY"); file != "" {
		Must(json.Unmarshal(Get(os.ReadFile(file)), &security))
	}
	return security
}

// TLS gives the certificates and keys to use, or nil for none.
func (s Security) TLS() *tls.Config {
	if s.Ca == "" {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(Get(os.ReadFile(s.Ca)))
	config := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	if s.Certificate != "" {
		config.Certificates = []tls.Certificate{Get(tls.LoadX509KeyPair(s.Certificate, s.Key))}
	}
	return config
}
