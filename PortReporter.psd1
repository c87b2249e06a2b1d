@{
    RootModule           = 'PortReporter.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = 'ea641d99-65ce-47f9-b48f-c826dce4b233'
    Author               = 'The PortReporter authors'
    CompanyName          = 'The PortReporter authors'
    Copyright            = '(c) The PortReporter authors. MIT license.'
    Description          = 'A flight recorder for ports: who uses which port now, who changed it, and who used it last Tuesday.'

    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')

    FormatsToProcess     = @('PortReporter.Format.ps1xml')
    TypesToProcess       = @('PortReporter.Types.ps1xml')
    FunctionsToExport    = @(
        'Get-PortReporter'
        'Get-PortSnapshot'
        'Get-PRLog'
        'Import-PRLog'
        'Install-PortReporter'
        'Start-PortReporter'
        'Stop-PortReporter'
        'Uninstall-PortReporter'
        'Watch-PortActivity'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            Tags = @('Port', 'TCP', 'UDP', 'Socket', 'Network', 'Process', 'netstat', 'PortQry', 'Windows', 'Linux')
        }
    }
}
