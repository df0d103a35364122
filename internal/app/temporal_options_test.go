package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/mtfacturation/mtf/internal/app"
)

// TestTheSDKsSettingsReachAClusterElsewhere calls a server that, like Temporal Cloud, requires TLS, and sends
// a certificate or an API key.
func TestTheSDKsSettingsReachAClusterElsewhere(t *testing.T) {
	certificate, files := selfSigned(t)
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate.Leaf)
	cluster := &distantCluster{}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: trusted, MinVersion: tls.VersionTLS13,
	})))
	workflowservice.RegisterWorkflowServiceServer(server, cluster)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	t.Setenv("TEMPORAL_CONFIG_FILE", os.DevNull)
	t.Setenv("TEMPORAL_ADDRESS", listener.Addr().String())
	t.Setenv("TEMPORAL_NAMESPACE", "billing.a1b2c")
	t.Setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", files.certificate)
	t.Setenv("TEMPORAL_TLS_SERVER_NAME", clusterName)
	t.Run("API key", func(t *testing.T) {
		t.Setenv("TEMPORAL_API_KEY", "the-key")
		cluster.asked(t)
		require.Equal(t, []string{"Bearer the-key"}, cluster.authorization)
		require.Empty(t, cluster.certificates)
	})
	t.Run("client certificate", func(t *testing.T) {
		t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", files.certificate)
		t.Setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", files.key)
		cluster.asked(t)
		require.Empty(t, cluster.authorization)
		require.Len(t, cluster.certificates, 1)
		require.True(t, certificate.Leaf.Equal(cluster.certificates[0]))
	})
	t.Run("a server that nobody knows", func(t *testing.T) {
		t.Setenv("TEMPORAL_TLS_SERVER_NAME", "somebody-else")
		options, err := app.TemporalOptions()
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = client.DialContext(ctx, options)
		require.ErrorContains(t, err, "certificate is valid for "+clusterName)
	})
}

func TestWrongSettingsOfTheSDKAreNamed(t *testing.T) {
	t.Setenv("TEMPORAL_CONFIG_FILE", os.DevNull)
	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", filepath.Join(t.TempDir(), "none"))
	_, err := app.TemporalOptions()
	require.ErrorContains(t, err, "TEMPORAL_* settings")
}

const clusterName = "cluster.example"

// distantCluster is a Temporal that only says what it is, and notes how it was asked.
type distantCluster struct {
	workflowservice.UnimplementedWorkflowServiceServer
	authorization []string
	certificates  []*x509.Certificate
}

func (d *distantCluster) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	d.authorization = metadata.ValueFromIncomingContext(ctx, "authorization")
	caller, _ := peer.FromContext(ctx)
	d.certificates = caller.AuthInfo.(credentials.TLSInfo).State.PeerCertificates
	return &workflowservice.GetSystemInfoResponse{}, nil
}

// asked connects with the settings of the environment.
func (d *distantCluster) asked(t *testing.T) {
	t.Helper()
	options, err := app.TemporalOptions()
	require.NoError(t, err)
	require.Equal(t, "billing.a1b2c", options.Namespace)
	temporal, err := client.DialContext(t.Context(), options)
	require.NoError(t, err)
	temporal.Close()
}

type pemFiles struct{ certificate, key string }

// selfSigned makes a certificate that is the server's and the client's, and its own authority.
func selfSigned(t *testing.T) (tls.Certificate, pemFiles) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: clusterName}, DNSNames: []string{clusterName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	encodedKey, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	files := pemFiles{filepath.Join(t.TempDir(), "certificate.pem"), filepath.Join(t.TempDir(), "key.pem")}
	require.NoError(t, os.WriteFile(files.certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(files.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encodedKey}), 0o600))
	certificate, err := tls.LoadX509KeyPair(files.certificate, files.key)
	require.NoError(t, err)
	return certificate, files
}
