import java.io.FileInputStream;
import java.net.URI;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Asks a responder about one certificate below a sub-CA that is trusted; prints what PKIX says. */
class OcspJudge {
    public static void main(String[] args) throws Exception {
        X509Certificate issuer = read(args[0]);
        X509Certificate holder = read(args[1]);
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOcspResponder(URI.create(args[2]));
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(issuer, null)));
        // The CPS address stands in a critical policy extension, as in every certificate in service.
        parameters.setPolicyQualifiersRejected(false);
        parameters.addCertPathChecker(checker);
        CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(holder));
        try {
            validator.validate(path, parameters);
            System.out.println("good");
        } catch (CertPathValidatorException refused) {
            System.out.println(refused.getReason() + " " + refused.getMessage());
        }
    }

    private static X509Certificate read(String file) throws Exception {
        try (FileInputStream in = new FileInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }
}
