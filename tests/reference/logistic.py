"""Numbers for tests/it/model.rs: weights of evidence and logistic coefficients by scikit-learn, standard errors from its Hessian.

Needs numpy and scikit-learn. The cases are made by a rule that the Rust test repeats.
"""
import numpy as np
from sklearn.linear_model import LogisticRegression

n = 600
k = np.arange(n)
a = (k * 7) % 5
b = (k * k + 3 * k) % 7
repaid = ((k * 37 + a * 11 + b * b * 5) % 100 < 5 + 6 * a + 2 * b).astype(int)


def woe(codes):
    table = np.zeros(codes.max() + 1)
    for c in np.unique(codes):
        good, bad = repaid[codes == c].sum(), (1 - repaid[codes == c]).sum()
        table[c] = np.log((good + 0.5) / (bad + 0.5)) - np.log(repaid.sum() / (n - repaid.sum()))
    return table[codes]


x = np.column_stack([woe(a), woe(b)])
print("repaid", repaid.sum(), "of", n)
for penalty in (1e-4, 0.01, 0.0):
    c = 1 / (penalty * n) if penalty else np.inf
    fit = LogisticRegression(solver="newton-cholesky", tol=1e-12, C=c, max_iter=1000).fit(x, repaid)
    p = fit.predict_proba(x)[:, 1]
    design = np.column_stack([np.ones(n), x])
    hessian = design.T @ (design * (p * (1 - p))[:, None]) + np.diag([0, penalty * n, penalty * n])
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))
    print(penalty, [f"{v:.9f}" for v in (fit.intercept_[0], *fit.coef_[0])], [f"{v:.9f}" for v in errors])
