import LinearAlgebra

/// What conjugate gradients say of a kernel that has no inverse, from what they have of it: products.
extension ConjugateGradients {
    /// The convergence of conjugate gradients goes with √κ of the preconditioned matrix; up to this κ they end well within
    /// their limit.
    private static let manageableCondition = 1e4

    /// Eigenvalues up to this are zero to rounding, as ``SingularKernel`` counts them.
    func rounding(_ kernel: KernelRows, ridge: Double, _ preconditioner: PartialCholesky) throws(DynamicsError) -> Double {
        let largest = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Lanczos.largestEigenvalue(order: kernel.count, tolerance: 0.05, limit: 20) { preconditioner.product(rows: $0) }
        }
        // F Fᵀ is never above K; without rows in it the diagonal is all that is known.
        return SingularKernel.rounding(order: kernel.count, lambdaMax: max(largest.value, kernel.diagonal.max() ?? 0) + ridge)
    }

    /// - Parameter quotient: xᵀ(K + s I)x / xᵀx of a direction x in which the matrix is zero to rounding.
    func singular(
        _ kernel: KernelRows, _ name: String, ridge: Double, _ preconditioner: PartialCholesky, quotient: Double, threads: Int,
        isCancelled: CancellationCheck
    ) throws(DynamicsError) -> SingularKernel {
        func largest(_ apply: (DenseMatrix) throws(DynamicsError) -> DenseMatrix) throws(DynamicsError) -> Double {
            // Lanczos' closure throws nothing, so what reading the kernel throws waits here.
            var failure: DynamicsError?
            let estimate = try DynamicsError.rethrowing { () throws(FactorisationError) in
                try Lanczos.largestEigenvalue(order: kernel.count, tolerance: 0.05, limit: 12) { x in
                    do throws(DynamicsError) {
                        if failure == nil { return try apply(x) }
                    } catch { failure = error }
                    return DenseMatrix(rows: 1, columns: kernel.count)
                }
            }
            if let failure { throw failure }
            return estimate.value
        }
        func product(_ row: DenseMatrix) throws(DynamicsError) -> DenseMatrix {
            try self.product(kernel, ridge: 0, row.transposed(), threads: threads, isCancelled: isCancelled).transposed()
        }
        let lambdaMax = try largest(product)
        // What the preconditioner leaves of the kernel is for the iterations alone, above a floor of the ridge.
        let left = try largest { row throws(DynamicsError) in
            let whole = try product(row)
            let known = preconditioner.product(rows: row)
            for i in 0..<whole.count { whole.base[i] -= known.base[i] }
            return whole
        }
        var result = SingularKernel(
            name: name, order: kernel.count, lambdaMin: quotient, lambdaMax: lambdaMax + ridge, rank: preconditioner.kernelRank, ridge: ridge)
        result.helpfulRidge = max(result.helpfulRidge, ridge + left / Self.manageableCondition)
        return result
    }
}
