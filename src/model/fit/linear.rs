//! Small symmetric matrices: factor, solve, invert.

/// Lower Cholesky factor of a symmetric matrix of `p` rows.
///
/// # Errors
/// The column at which it is not positive definite: what is left of its diagonal is below 1e-12 of it.
pub(super) fn cholesky(matrix: &[f64], p: usize) -> Result<Vec<f64>, usize> {
    let mut lower = vec![0.0; p * p];
    for i in 0..p {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[i * p + k] * lower[j * p + k]).sum();
            let rest = matrix[i * p + j] - dot;
            if i == j {
                if rest <= 1e-12 * matrix[i * p + i].abs() || rest.is_nan() {
                    return Err(i);
                }
                lower[i * p + i] = rest.sqrt();
            } else {
                lower[i * p + j] = rest / lower[j * p + j];
            }
        }
    }
    Ok(lower)
}

/// Solves `L L' x = right`.
pub(super) fn solve(lower: &[f64], right: &[f64]) -> Vec<f64> {
    let p = right.len();
    let mut x = right.to_vec();
    for i in 0..p {
        let dot: f64 = (0..i).map(|k| lower[i * p + k] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[i * p + i];
    }
    for i in (0..p).rev() {
        let dot: f64 = (i + 1..p).map(|k| lower[k * p + i] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[i * p + i];
    }
    x
}

/// `(L L')⁻¹`, row by row.
pub(super) fn inverse(lower: &[f64], p: usize) -> Vec<f64> {
    let mut out = vec![0.0; p * p];
    for k in 0..p {
        let unit: Vec<f64> = (0..p).map(|i| f64::from(u8::from(i == k))).collect();
        out[k * p..(k + 1) * p].copy_from_slice(&solve(lower, &unit));
    }
    out
}

/// `A B A` of symmetric matrices.
pub(super) fn sandwich(a: &[f64], b: &[f64], p: usize) -> Vec<f64> {
    let product = |a: &[f64], b: &[f64]| {
        let mut out = vec![0.0; p * p];
        for i in 0..p {
            for k in 0..p {
                let factor = a[i * p + k];
                for j in 0..p {
                    out[i * p + j] += factor * b[k * p + j];
                }
            }
        }
        out
    };
    product(&product(a, b), a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_solve_and_invert_by_hand() {
        // [[4, 2], [2, 3]] = L L' with L = [[2, 0], [1, √2]]; its inverse is [[3, −2], [−2, 4]] / 8.
        let lower = cholesky(&[4.0, 2.0, 2.0, 3.0], 2).unwrap();
        assert_eq!(lower[..3], [2.0, 0.0, 1.0]);
        assert!((lower[3] - 2f64.sqrt()).abs() < 1e-15);
        for (a, b) in inverse(&lower, 2).iter().zip([0.375, -0.25, -0.25, 0.5]) {
            assert!((a - b).abs() < 1e-15);
        }
        for (a, b) in solve(&lower, &[8.0, 8.0]).iter().zip([1.0, 2.0]) {
            assert!((a - b).abs() < 1e-14);
        }
        assert_eq!(cholesky(&[1.0, 1.0, 1.0, 1.0], 2), Err(1));
        // A B A with A = [[1, 1], [1, 0]], B = [[2, 0], [0, 3]]: [[5, 2], [2, 2]].
        assert_eq!(sandwich(&[1.0, 1.0, 1.0, 0.0], &[2.0, 0.0, 0.0, 3.0], 2), [5.0, 2.0, 2.0, 2.0]);
    }
}
